//! How application servers on other machines reach the private Postgres of this one: at this machine's address, over TLS, with a
//! certificate that they are given when they enrol.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, DnType, KeyPair};
use tenfold_core::words::without_code;
use tenfold_postgres::Network;

const KEY_BEGINS: &str = "-----BEGIN PRIVATE KEY-----";

/// The certificate cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseCertificateError {
    /// It could not be made.
    #[error("the certificate of the private Postgres cannot be made ({0}); report this")]
    Make(#[from] rcgen::Error),
    /// It could not be kept.
    #[error("{0} cannot be read or written ({reason}): check the rights of that folder", reason = without_code(&.1.to_string()))]
    File(PathBuf, io::Error),
}

/// Keeps its certificate in `home`, so that servers that are there know it again after a restart.
///
/// # Errors
/// [`DatabaseCertificateError`].
pub fn load_or_create(home: &Path, address: IpAddr) -> Result<Network, DatabaseCertificateError> {
    let path = home.join(format!("database-{address}.pem"));
    let failed = |error| DatabaseCertificateError::File(path.clone(), error);
    let kept = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        read => read_back(&read.map_err(failed)?, address),
    };
    if let Some(network) = kept {
        return Ok(network);
    }
    let made = make(address)?;
    let new = path.with_extension(format!("new.{}", std::process::id()));
    let _ = fs::remove_file(&new);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new);
    let written = file.and_then(|mut file| write!(file, "{}{}", made.certificate, made.key));
    // Whole or not at all; of several starts at once the first one's is everybody's.
    let linked = written.and_then(|()| fs::hard_link(&new, &path));
    let kept = match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            match fs::read_to_string(&path)
                .ok()
                .and_then(|text| read_back(&text, address))
            {
                Some(kept) => kept,
                None => fs::rename(&new, &path).map(|()| made).map_err(failed)?,
            }
        }
        linked => linked.map(|()| made).map_err(failed)?,
    };
    let _ = fs::remove_file(&new);
    Ok(kept)
}

/// None where a part of it is missing.
fn read_back(text: &str, address: IpAddr) -> Option<Network> {
    let (certificate, key) = text.split_at(text.find(KEY_BEGINS)?);
    let is_whole =
        certificate.trim_end().ends_with("-----END CERTIFICATE-----") && key.trim_end().ends_with("KEY-----");
    is_whole.then(|| Network {
        address,
        certificate: certificate.to_owned(),
        key: key.to_owned(),
    })
}

/// Signed by itself: whoever is given it needs no authority. (Of the kind P-256, for Postgres binds no channel to an Ed25519 one.)
fn make(address: IpAddr) -> Result<Network, rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut parameters = CertificateParams::new(vec![address.to_string()])?;
    let name = "Tenfold's private Postgres";
    parameters.distinguished_name.push(DnType::CommonName, name);
    Ok(Network {
        address,
        certificate: parameters.self_signed(&key)?.pem(),
        key: key.serialize_pem(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_kept_for_an_address_and_made_anew_where_a_part_is_missing() {
        let home = tempfile::tempdir().unwrap();
        let [here, there] = ["10.0.0.7", "10.0.0.8"].map(|address| address.parse::<IpAddr>().unwrap());
        let certificate = |address| load_or_create(home.path(), address).unwrap().certificate;
        let first = certificate(here);
        assert_eq!(certificate(here), first);
        assert_ne!(certificate(there), first);
        let path = home.path().join("database-10.0.0.7.pem");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 40]).unwrap();
        let again = certificate(here);
        assert_ne!(again, first);
        assert_eq!(certificate(here), again);
    }
}
