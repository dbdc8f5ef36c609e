//! Certificates for one broker, from an authority nobody else trusts.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// For a few days: nothing of it outlives a test run.
const DAYS: &str = "7";

/// A key that is quickly made.
const KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];

/// What a server's certificate says of itself.
const SERVER_EXTENSIONS: [&str; 8] = [
    "-addext",
    "basicConstraints=critical,CA:FALSE",
    "-addext",
    "subjectAltName=IP:127.0.0.1,DNS:localhost",
    "-addext",
    "extendedKeyUsage=serverAuth",
    "-addext",
    "keyUsage=critical,digitalSignature",
];

/// Encrypted connections to a broker: where, and what to trust.
#[derive(Debug)]
pub struct Tls {
    /// Where clients come that speak TLS.
    pub port: u16,
    /// Absolute.
    folder: PathBuf,
}

impl Tls {
    /// Makes an authority in `folder`, and the broker's own certificate.
    pub fn make(folder: &Path, port: u16, password: &str) -> Self {
        let folder = folder.join("tls");
        std::fs::create_dir_all(&folder).expect("the broker's folder can be written");
        let tls = Self { port, folder };
        let mut authority = tls.openssl("req");
        authority.args(["-x509", "-days", DAYS, "-subj", "/CN=Authority of a Tenfold test"]);
        authority.args(KEY).args(["-keyout", "ca.key", "-out", "ca.pem"]);
        run(&mut authority);
        let mut server = tls.openssl("req");
        server.args([
            "-x509",
            "-days",
            DAYS,
            "-subj",
            "/CN=localhost",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
        ]);
        server.args(KEY).args(SERVER_EXTENSIONS);
        run(server.args(["-keyout", "server.key", "-out", "server.pem"]));
        let mut store = tls.openssl("pkcs12");
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
        tls
    }

    /// The certificate of the authority, for clients to trust.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// The server's own certificate.
    pub fn certificate_file(&self) -> PathBuf {
        self.folder.join("server.pem")
    }

    /// The key of that certificate.
    pub fn key_file(&self) -> PathBuf {
        self.folder.join("server.key")
    }

    /// Both as Java wants them, locked with the broker's password.
    pub fn store_file(&self) -> PathBuf {
        self.folder.join("server.p12")
    }

    fn openssl(&self, tool: impl AsRef<OsStr>) -> Command {
        let mut openssl = Command::new("openssl");
        openssl.current_dir(&self.folder).arg(tool);
        openssl
    }
}

fn run(openssl: &mut Command) {
    let output = openssl.output();
    let output = output.expect("certificates are made by `openssl`, which must be installed");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl failed: {complaint}");
}
