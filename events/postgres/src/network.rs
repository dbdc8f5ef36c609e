//! Where a private Postgres is reached from other machines: over TLS alone, and only where somebody asks for it.

use std::fs;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use super::account::Account;
use super::error::PrivatePostgresError;
use super::layout::{Layout, write_whole};

/// Relative to the data folder, as Postgres wants these.
pub(super) const CERTIFICATE_FILE: &str = "../server.crt";
pub(super) const KEY_FILE: &str = "../server.key";
/// On this machine it answers at once or not at all.
const KNOCK: Duration = Duration::from_secs(2);

/// What others than this machine's own programs need to reach it.
#[derive(Clone)]
pub struct Network {
    /// An address of this machine.
    pub address: IpAddr,
    /// The certificate that proves to them that it is it, in PEM.
    pub certificate: String,
    /// The certificate's key, in PEM.
    pub key: String,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Network({}, …)", self.address)
    }
}

impl Network {
    /// Puts the files there that the settings name.
    pub(super) fn write(&self, layout: &Layout, account: &Account) -> Result<(), PrivatePostgresError> {
        let files = [("server.crt", &self.certificate), ("server.key", &self.key)];
        for (name, text) in files {
            let file = layout.cluster.join(name);
            let written = write_whole(&file, text, 0o600).and_then(|()| account.own(&file));
            written.map_err(PrivatePostgresError::folder(&file))?;
        }
        Ok(())
    }

    /// Whether a running one is reached there, with this certificate.
    pub(super) fn is_served(&self, layout: &Layout, port: u16) -> bool {
        let kept = |name: &str| fs::read_to_string(layout.cluster.join(Path::new(name)));
        let is_same = kept("server.crt").is_ok_and(|kept| kept == self.certificate);
        is_same && TcpStream::connect_timeout(&SocketAddr::new(self.address, port), KNOCK).is_ok()
    }
}
