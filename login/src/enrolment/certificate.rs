//! The login server's certificate, signed by itself: whoever is told its pin needs no authority.

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ED25519, PublicKeyData};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use tenfold_core::enrolment::Pin;

/// What stands before the seed of an Ed25519 key in PKCS #8 (RFC 8410, section 7).
const PKCS8_OF_ED25519: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// A certificate and its key.
pub struct Certificate {
    /// What a machine is told, so that it knows the certificate.
    pub pin: Pin,
    /// For the listener.
    pub tls: Arc<ServerConfig>,
}

/// The certificate could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the certificate for enrolments cannot be made ({0}); report this")]
pub struct NoCertificate(String);

impl Certificate {
    /// The one whose key is made of `seed`: its pin is always the same.
    ///
    /// # Errors
    /// [`NoCertificate`].
    pub fn of_seed(seed: &[u8; 32]) -> Result<Certificate, NoCertificate> {
        let pkcs8 = PrivatePkcs8KeyDer::from([&PKCS8_OF_ED25519[..], &seed[..]].concat());
        let failed = |error: &dyn std::fmt::Display| NoCertificate(error.to_string());
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, &PKCS_ED25519).map_err(|error| failed(&error))?;
        let mut parameters =
            CertificateParams::new(vec!["login.tenfold.internal".into()]).map_err(|error| failed(&error))?;
        parameters
            .distinguished_name
            .push(DnType::CommonName, "Tenfold login server");
        let certificate = parameters.self_signed(&key).map_err(|error| failed(&error))?;
        let tls = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                let chain = vec![certificate.der().clone()];
                builder
                    .with_no_client_auth()
                    .with_single_cert(chain, PrivateKeyDer::Pkcs8(pkcs8))
            })
            .map_err(|error| failed(&error))?;
        Ok(Certificate {
            pin: Pin::of(&key.subject_public_key_info()),
            tls: Arc::new(tls),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_has_one_pin() {
        let pin = |byte| Certificate::of_seed(&[byte; 32]).unwrap().pin;
        assert_eq!(pin(1), pin(1));
        assert_ne!(pin(1), pin(2));
    }
}
