//! By whose certificates Postgres' one is checked.

use std::fs::File;
use std::io::Read;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tenfold_core::words::without_code;

use super::options::{SslMode, TlsOptions};
use crate::database::error::DatabaseError;

/// The word for the authorities that the machine trusts.
const SYSTEM: &str = "system";
/// Where libpq looks, in the home of the user, when no file is named.
const USUAL_FILE: &str = ".postgresql/root.crt";
/// A file may hold a megabyte: RDS's of all regions has 170 kB. An enrolment's answer holds it.
const MOST_BYTES: u64 = 1 << 20;

/// Certificates that are trusted.
#[derive(Debug)]
pub(in crate::database) struct Roots {
    pub certificates: RootCertStore,
    pub source: Source,
}

/// Where they come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::database) enum Source {
    /// This machine trusts them.
    System,
    /// A file of this name.
    File {
        /// As it was given.
        name: String,
        /// Its content.
        pem: String,
    },
}

impl Roots {
    /// Those that the options ask for; none where no certificate is checked. `given` takes the place of a file's content.
    ///
    /// # Errors
    /// [`DatabaseError::RootCertificates`], or [`DatabaseError::BadTlsOption`] where there are none to check by.
    pub fn read(options: &TlsOptions, given: Option<&str>) -> Result<Option<Roots>, DatabaseError> {
        let mode = options.mode.unwrap_or_default();
        if matches!(mode, SslMode::Disable | SslMode::Prefer) {
            return Ok(None);
        }
        if options.root_certificates.as_deref() == Some(SYSTEM) {
            return Roots::of_system().map(Some);
        }
        let named = options.root_certificates.clone();
        if let Some(pem) = given {
            return Roots::of_pem(named.unwrap_or_else(|| USUAL_FILE.into()), pem.to_owned()).map(Some);
        }
        match named.or_else(usual_file) {
            Some(name) => Roots::of_file(name).map(Some),
            None if mode == SslMode::Require => Ok(None),
            None => Err(DatabaseError::BadTlsOption(
                "has sslmode=verify-ca or verify-full, which needs the certificate of whoever signed that of Postgres, and there is no ~/.postgresql/root.crt: name the file with sslrootcert=FILE, or write sslrootcert=system for the authorities that this machine trusts",
            )),
        }
    }

    fn of_system() -> Result<Roots, DatabaseError> {
        let mut certificates = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        let (usable, _) = certificates.add_parsable_certificates(found.certs);
        match usable {
            0 => Err(DatabaseError::BadTlsOption(
                "has sslrootcert=system, and this machine knows no certificate authorities: install the package ca-certificates",
            )),
            _ => Ok(Roots {
                certificates,
                source: Source::System,
            }),
        }
    }

    fn of_file(name: String) -> Result<Roots, DatabaseError> {
        match content(&name) {
            Ok(pem) => Roots::of_pem(name, pem),
            Err(cause) => Err(DatabaseError::RootCertificates { file: name, cause }),
        }
    }

    fn of_pem(name: String, pem: String) -> Result<Roots, DatabaseError> {
        let mut certificates = RootCertStore::empty();
        let (mut found, mut cause) = (0, None);
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            match certificate {
                Ok(certificate) => found += certificates.add_parsable_certificates([certificate]).0,
                Err(_) => cause = Some("a certificate in it is damaged"),
            }
        }
        let cause = match pem.trim().is_empty() {
            true => Some("it is empty"),
            false if found == 0 => cause.or(Some("it holds no certificate in PEM")),
            false => cause,
        };
        match cause.map(str::to_owned) {
            Some(cause) => Err(DatabaseError::RootCertificates { file: name, cause }),
            None => Ok(Roots {
                certificates,
                source: Source::File { name, pem },
            }),
        }
    }
}

fn usual_file() -> Option<String> {
    let file = std::env::home_dir()?.join(USUAL_FILE);
    file.exists().then(|| file.display().to_string())
}

/// A file's text, or why it cannot be had.
fn content(name: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = File::open(name).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    match read {
        Err(error) => Err(without_code(&error.to_string())),
        Ok(_) if bytes.len() as u64 > MOST_BYTES => Err("it is larger than a megabyte".into()),
        // PEM is ASCII; around it may stand what is none.
        Ok(_) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
    }
}
