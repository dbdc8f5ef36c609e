//! Certificates for one broker, from an authority nobody else trusts.

use std::path::{Path, PathBuf};

use crate::certificates::{Authority, Certificate, run};

/// Encrypted connections to a broker: where, and what to trust.
#[derive(Debug)]
pub struct Tls {
    /// Where clients come that speak TLS.
    pub port: u16,
    authority: Authority,
    certificate: Certificate,
}

impl Tls {
    /// Makes an authority in `folder`, and the broker's own certificate.
    pub fn make(folder: &Path, port: u16, password: &str) -> Self {
        let authority = Authority::make(&folder.join("tls"));
        let certificate = authority.certify("server", &["IP:127.0.0.1", "DNS:localhost"]);
        let mut store = authority.openssl("pkcs12");
        store.args([
            "-export",
            "-in",
            "server.pem",
            "-inkey",
            "server.key",
            "-out",
            "server.p12",
        ]);
        // Java takes no store without a password, and no argument may hold one.
        run(store
            .args(["-passout", "env:STORE_PASSWORD"])
            .env("STORE_PASSWORD", password));
        Self {
            port,
            authority,
            certificate,
        }
    }

    /// The certificate of the authority, for clients to trust.
    pub fn ca_file(&self) -> PathBuf {
        self.authority.file()
    }

    /// The server's own certificate.
    pub fn certificate_file(&self) -> PathBuf {
        self.certificate.file.clone()
    }

    /// The key of that certificate.
    pub fn key_file(&self) -> PathBuf {
        self.certificate.key.clone()
    }

    /// Both as Java wants them, locked with the broker's password.
    pub fn store_file(&self) -> PathBuf {
        self.certificate.file.with_extension("p12")
    }
}
