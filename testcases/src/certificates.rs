//! Certificates for one test, from an authority nobody else trusts.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// For a few days: nothing of it outlives a test run.
const DAYS: &str = "7";

/// A key that is quickly made.
const KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];

/// What a server's certificate says of itself, for `openssl ca`.
const SETTINGS: &str = "[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = server
unique_subject = no
[any]
commonName = supplied
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
";

/// When a certificate of the past held.
const PAST: [&str; 4] = ["-startdate", "20240101000000Z", "-enddate", "20240201000000Z"];

/// Who signs certificates, in a folder that holds all of them.
#[derive(Debug)]
pub struct Authority {
    /// Absolute.
    folder: PathBuf,
}

/// A server's certificate and its key, in PEM.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate.
    pub file: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Authority {
    /// Makes one in `folder`, which is made where it is missing.
    pub fn make(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).expect("a folder for certificates can be made");
        let authority = Self {
            folder: folder.to_owned(),
        };
        let mut request = authority.openssl("req");
        request.args(["-x509", "-days", DAYS, "-subj", "/CN=Authority of a Tenfold test"]);
        run(request.args(KEY).args(["-keyout", "ca.key", "-out", "ca.pem"]));
        authority
    }

    /// Its own certificate, for clients to trust.
    pub fn file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// A certificate for these, each written as `DNS:localhost` or `IP:127.0.0.1`, kept as `name.pem` and `name.key`.
    pub fn certify(&self, name: &str, hosts: &[&str]) -> Certificate {
        self.sign(name, hosts, &["-days", DAYS])
    }

    /// As [`certify`](Self::certify), but the certificate has run out.
    pub fn certify_in_the_past(&self, name: &str, hosts: &[&str]) -> Certificate {
        self.sign(name, hosts, &PAST)
    }

    fn sign(&self, name: &str, hosts: &[&str], valid: &[&str]) -> Certificate {
        let [settings, request, certificate, key] =
            ["settings", "csr", "pem", "key"].map(|kind| format!("{name}.{kind}"));
        let write = |file: &str, text: String| {
            std::fs::write(self.folder.join(file), text).expect("a file can be written");
        };
        write(&settings, format!("{SETTINGS}subjectAltName = {}\n", hosts.join(",")));
        write("index.txt", String::new());
        let mut asked = self.openssl("req");
        asked.args(["-new", "-subj", "/CN=server"]).args(KEY);
        run(asked.args(["-keyout", &key, "-out", &request]));
        let mut signed = self.openssl("ca");
        signed.args([
            "-batch", "-notext", "-config", &settings, "-cert", "ca.pem", "-keyfile", "ca.key",
        ]);
        run(signed.args(valid).args(["-in", &request, "-out", &certificate]));
        Certificate {
            file: self.folder.join(certificate),
            key: self.folder.join(key),
        }
    }

    /// That program, in this folder.
    pub(crate) fn openssl(&self, tool: impl AsRef<OsStr>) -> Command {
        let mut openssl = Command::new("openssl");
        openssl.current_dir(&self.folder).arg(tool);
        openssl
    }
}

pub(crate) fn run(openssl: &mut Command) {
    let output = openssl.output();
    let output = output.expect("certificates are made by `openssl`, which must be installed");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl failed: {complaint}");
}
