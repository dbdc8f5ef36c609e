//! Where the private Postgres listens and the password it wants: a URL in a file that only its owner can read.

use std::fmt::Write;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use super::access::SUPERUSER;
use super::account::give_to_owner_of;
use super::error::PrivatePostgresError;
use super::layout::{Layout, write_whole};

/// Name of the database and of the role that owns it.
pub(super) const NAME: &str = "tenfold";

/// Below the ports that systems hand out to outgoing connections, so that one of those does not take ours while we are down.
const PORTS: std::ops::Range<u16> = 16_000..32_000;
const TRIES: u32 = 1_000;

/// Socket, port and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// The folder of its socket; none where an earlier version started it, which let it listen on 127.0.0.1.
    pub(super) socket: Option<PathBuf>,
    /// A part of the socket's name, and the port for other machines where they reach it.
    pub(super) port: u16,
    password: String,
}

impl Address {
    /// A random password and a free port.
    pub(super) fn new() -> Self {
        let password = format!("{:032x}", rand::random::<u128>());
        Self {
            socket: None,
            port: free_port(),
            password,
        }
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }

    /// The same password at a port nobody uses.
    pub(super) fn elsewhere(self) -> Self {
        Self {
            port: free_port(),
            ..self
        }
    }

    /// The same with the socket in that folder.
    pub(super) fn at_socket(self, folder: PathBuf) -> Self {
        Self {
            socket: Some(folder),
            ..self
        }
    }

    pub(super) fn url(&self) -> String {
        let host = self.host();
        format!("postgres://{NAME}:{}@{host}:{}/{NAME}", self.password, self.port)
    }

    /// For the superuser, whom the system tells.
    pub(super) fn superuser_url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@{}:{}/{database}", self.host(), self.port)
    }

    /// A socket's folder is written in place of the host, each `/` encoded, as libpq and the driver read it.
    fn host(&self) -> String {
        let Some(folder) = &self.socket else {
            return Ipv4Addr::LOCALHOST.to_string();
        };
        let mut host = String::new();
        for byte in folder.as_os_str().as_bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => host.push(char::from(*byte)),
                other => drop(write!(host, "%{other:02X}")),
            }
        }
        host
    }

    /// For another machine, which is to see that this one is the right one.
    pub(super) fn url_from(&self, address: IpAddr) -> String {
        let place = SocketAddr::new(address, self.port);
        format!("postgres://{NAME}:{}@{place}/{NAME}?sslmode=verify-full", self.password)
    }

    /// What [`Address::write`] wrote, or nothing where it never did.
    pub(super) fn read(layout: &Layout) -> Result<Option<Self>, PrivatePostgresError> {
        let file = layout.address();
        match fs::read_to_string(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(PrivatePostgresError::folder(&file)(error)),
            Ok(text) => Self::parse(text.trim())
                .map(Some)
                .ok_or_else(|| Self::lost(layout, "damaged")),
        }
    }

    /// Keeps it for the next start and for people.
    pub(super) fn write(&self, layout: &Layout) -> Result<(), PrivatePostgresError> {
        let file = layout.address();
        write_whole(&file, &format!("{}\n", self.url()), 0o600)
            .and_then(|()| give_to_owner_of(&layout.home, &file))
            .map_err(PrivatePostgresError::folder(&file))
    }

    pub(super) fn lost(layout: &Layout, what: &'static str) -> PrivatePostgresError {
        PrivatePostgresError::AddressLost {
            file: layout.address(),
            what,
            data: layout.data(),
        }
    }

    fn parse(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("postgres://tenfold:")?.strip_suffix("/tenfold")?;
        let (password, place) = rest.split_once('@')?;
        let (host, port) = place.rsplit_once(':')?;
        let socket = match host {
            "127.0.0.1" => None,
            folder => Some(PathBuf::from(std::ffi::OsString::from_vec(decoded(folder)?))),
        };
        Some(Self {
            socket,
            port: port.parse().ok()?,
            password: password.into(),
        })
    }
}

/// The bytes behind `%2F` and the like; none where that is no encoding, or of no absolute path.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, behind)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(behind.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &behind[2..];
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    bytes.starts_with(b"/").then_some(bytes)
}

/// Whether nobody listens at `port` of that address of this machine.
pub(super) fn is_free(address: IpAddr, port: u16) -> bool {
    TcpListener::bind((address, port)).is_ok()
}

/// Somebody may take it before Postgres does; starting then tries again with another.
fn free_port() -> u16 {
    let width = PORTS.end - PORTS.start;
    let some = || PORTS.start + rand::random::<u16>() % width;
    (0..TRIES)
        .map(|_| some())
        .find(|port| is_free(Ipv4Addr::LOCALHOST.into(), *port))
        .unwrap_or_else(some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_back_from_its_url() {
        let old = Address::new();
        assert!(old.url().contains("@127.0.0.1:"), "{}", old.url());
        for folder in ["/home/ann/.tenfold/postgres/run", "/with a space/and:a@b%/ü"] {
            let address = old.clone().at_socket(folder.into());
            assert_eq!(Address::parse(&address.url()), Some(address));
        }
        assert_eq!(Address::parse(&old.url()), Some(old));
        for wrong in ["127.0.0.1:none", "%2:1", "%zz:1", "relative:1", "%2Fno-port"] {
            let url = format!("postgres://tenfold:secret@{wrong}/tenfold");
            assert_eq!(Address::parse(&url), None, "{wrong}");
        }
    }

    #[test]
    fn the_driver_finds_the_socket_by_the_url() {
        let folder = "/with a space/and:a@b%/ü";
        let url = Address::new().at_socket(folder.into()).url();
        let config: tokio_postgres::Config = url.parse().unwrap();
        let expected = tokio_postgres::config::Host::Unix(folder.into());
        assert_eq!(config.get_hosts(), [expected]);
    }

    #[test]
    fn another_port_keeps_the_password() {
        let address = Address::new();
        assert_eq!(address.clone().elsewhere().password(), address.password());
    }
}
