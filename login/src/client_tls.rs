//! TLS to clients, of this server and of those that it launches: a certificate that the operator has, or one of our own for a first day.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};
use tenfold_core::enrolment::ClientCertificate;
use tenfold_core::hexadecimal::hexadecimal;
use tenfold_core::words::without_code;
use tenfold_service::tls::Source;

/// The options.
#[derive(Args, Debug, Clone)]
pub struct TlsOptions {
    /// The file with the certificate that clients are shown, in PEM, with those that it was signed with; taken anew when it changes
    #[arg(
        long,
        env = "TENFOLD_TLS_CERT",
        value_name = "FILE",
        requires = "tls_key",
        group = "certificate"
    )]
    pub tls_cert: Option<PathBuf>,
    /// The file with the certificate's key, in PEM
    #[arg(long, env = "TENFOLD_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// TLS without a certificate of an authority: one is made under --home, which clients know by its --pin
    #[arg(
        long,
        env = "TENFOLD_TLS",
        value_enum,
        conflicts_with = "tls_cert",
        group = "certificate"
    )]
    pub tls: Option<OwnCertificate>,
    /// Serves those who speak no TLS as well, at the same port
    #[arg(long, env = "TENFOLD_TLS_ALSO_PLAIN", requires = "certificate", value_parser = clap::builder::BoolishValueParser::new())]
    pub tls_also_plain: bool,
}

/// What kind of a certificate is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OwnCertificate {
    /// By nobody but itself.
    SelfSigned,
}

/// The certificate of our own cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum OwnCertificateError {
    /// It could not be made.
    #[error("a certificate for --tls self-signed cannot be made ({0}); report this")]
    Make(#[from] rcgen::Error),
    /// It could not be kept.
    #[error("{path} cannot be read or written ({reason}): check the rights of that folder", path = .0.display(), reason = without_code(&.1.to_string()))]
    File(PathBuf, io::Error),
    /// Somebody wrote something else into it.
    #[error("{path} holds no certificate: remove it, and another one is made", path = .0.display())]
    Unreadable(PathBuf),
}

impl TlsOptions {
    /// Whether clients are spoken to in TLS.
    pub fn is_wanted(&self) -> bool {
        self.tls.is_some() || self.tls_cert.is_some()
    }

    /// The files of the certificate; one of our own is made where it is missing, for a server at `host`, and its pin is told.
    ///
    /// # Errors
    /// [`OwnCertificateError`].
    pub fn files(&self, home: &Path, host: &str) -> Result<Option<[PathBuf; 2]>, OwnCertificateError> {
        if let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) {
            return Ok(Some([certificate, key].map(|path| absolute(path))));
        }
        if self.tls.is_none() {
            return Ok(None);
        }
        let [certificate, key] = ["tls.crt", "tls.key"].map(|name| absolute(&home.join(name)));
        if !(certificate.exists() && key.exists()) {
            make(&certificate, &key, host)?;
        }
        Ok(Some([certificate, key]))
    }
}

/// How clients know a certificate that no authority has signed: its SHA-256, as `openssl x509 -fingerprint -sha256` shows it but for the colons.
///
/// # Errors
/// [`OwnCertificateError`].
pub fn pin_of(certificate: &Path) -> Result<String, OwnCertificateError> {
    let text = fs::read(certificate).map_err(|error| OwnCertificateError::File(certificate.into(), error))?;
    let unreadable = || OwnCertificateError::Unreadable(certificate.into());
    let der = CertificateDer::from_pem_slice(&text).map_err(|_| unreadable())?;
    Ok(hexadecimal(&Sha256::digest(&der)))
}

/// What application servers on other machines show clients: they have no such files.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    /// The certificate, and its key.
    pub files: [PathBuf; 2],
    /// Whoever speaks no TLS is served, too.
    pub also_plain: bool,
}

impl CertificateFiles {
    /// What is in them now.
    ///
    /// # Errors
    /// [`OwnCertificateError::File`].
    pub fn read(&self) -> Result<ClientCertificate, OwnCertificateError> {
        let read =
            |path: &PathBuf| fs::read_to_string(path).map_err(|error| OwnCertificateError::File(path.clone(), error));
        let [certificate, key] = &self.files;
        Ok(ClientCertificate {
            certificate: read(certificate)?,
            key: read(key)?,
            also_plain: self.also_plain,
        })
    }
}

/// For [`tenfold_service::tls::ClientTls`].
pub fn source([certificate, key]: &[PathBuf; 2]) -> Source {
    Source::Files {
        certificate: certificate.clone(),
        key: key.clone(),
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn make(certificate: &Path, key: &Path, host: &str) -> Result<(), OwnCertificateError> {
    let pair = KeyPair::generate()?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    if !["0.0.0.0", "::"].contains(&bare) && !names.iter().any(|name| name == bare) {
        names.push(bare.to_owned());
    }
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name.push(DnType::CommonName, "Tenfold");
    let made = parameters.self_signed(&pair)?;
    // The key first: whoever finds the certificate finds its key as well.
    write(key, &pair.serialize_pem(), 0o600)?;
    write(certificate, &made.pem(), 0o644)
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), OwnCertificateError> {
    let failed = |error| OwnCertificateError::File(path.to_owned(), error);
    let new = path.with_extension(format!("new.{}", std::process::id()));
    let _ = fs::remove_file(&new);
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new);
    let mut file = file.map_err(failed)?;
    file.write_all(text.as_bytes())
        .and_then(|()| fs::rename(&new, path))
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> TlsOptions {
        TlsOptions {
            tls_cert: None,
            tls_key: None,
            tls: Some(OwnCertificate::SelfSigned),
            tls_also_plain: false,
        }
    }

    #[test]
    fn a_certificate_of_our_own_is_made_once_and_can_be_served() {
        let home = tempfile::tempdir().unwrap();
        let files = own().files(home.path(), "0.0.0.0").unwrap().unwrap();
        let pin = pin_of(&files[0]).unwrap();
        assert!(tenfold_service::tls::ClientTls::read(source(&files), false).is_ok());
        let again = own().files(home.path(), "0.0.0.0").unwrap().unwrap();
        assert_eq!(pin_of(&again[0]).unwrap(), pin);
        assert_eq!(pin.len(), 64);
    }

    #[test]
    fn what_is_no_certificate_is_told() {
        let home = tempfile::tempdir().unwrap();
        let files = own().files(home.path(), "example.org").unwrap().unwrap();
        fs::write(&files[0], "something").unwrap();
        assert!(pin_of(&files[0]).unwrap_err().to_string().contains("remove it"));
        let said = tenfold_service::tls::ClientTls::read(source(&files), false)
            .err()
            .unwrap();
        assert!(said.to_string().contains("holds no certificate in PEM"), "{said}");
    }
}
