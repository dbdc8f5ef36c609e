//! Where the private Postgres listens and the password it wants: a URL in a file that only its owner can read.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use super::account::give_to_owner_of;
use super::error::PrivatePostgresError;
use super::layout::{Layout, write_whole};

/// Name of the database and of the role that owns it.
pub(super) const NAME: &str = "tenfold";

/// Below the ports that systems hand out to outgoing connections, so that one of those does not take ours while we are down.
const PORTS: std::ops::Range<u16> = 16_000..32_000;
const TRIES: u32 = 1_000;

/// Port and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) port: u16,
    password: String,
}

impl Address {
    /// A random password and a free port.
    pub(super) fn new() -> Self {
        let password = format!("{:032x}", rand::random::<u128>());
        Self {
            port: free_port(),
            password,
        }
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }

    /// The same password at a port nobody uses.
    pub(super) fn elsewhere(&self) -> Self {
        Self {
            port: free_port(),
            password: self.password.clone(),
        }
    }

    pub(super) fn url(&self) -> String {
        format!("postgres://{NAME}:{}@127.0.0.1:{}/{NAME}", self.password, self.port)
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
        let (password, port) = rest.split_once("@127.0.0.1:")?;
        Some(Self {
            port: port.parse().ok()?,
            password: password.into(),
        })
    }
}

/// Whether nobody listens at `port` of this machine's loopback.
pub(super) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Somebody may take it before Postgres does; starting then tries again with another.
fn free_port() -> u16 {
    let width = PORTS.end - PORTS.start;
    let some = || PORTS.start + rand::random::<u16>() % width;
    (0..TRIES)
        .map(|_| some())
        .find(|port| is_free(*port))
        .unwrap_or_else(some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_back_from_its_url() {
        let address = Address::new();
        assert_eq!(Address::parse(&address.url()), Some(address));
        assert_eq!(Address::parse("postgres://tenfold:secret@127.0.0.1:none/tenfold"), None);
    }

    #[test]
    fn another_port_keeps_the_password() {
        let address = Address::new();
        assert_eq!(address.elsewhere().password(), address.password());
    }
}
