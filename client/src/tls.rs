//! TLS with the servers: whom the client believes, and what it says of those whom it doesn't.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};
use tenfold_core::escape::escaped;
use tenfold_core::hexadecimal;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::in_words;

/// The SHA-256 of a certificate's DER, by which it is known without an authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin([u8; 32]);

/// Whom to believe.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Certificates of the authorities that this machine trusts, for a login server's name.
    System,
    /// Those that the file's certificates have signed, for a login server's name.
    Signed {
        /// The certificates.
        by: RootCertStore,
        /// Their DER: one that signed itself is believed as it stands.
        as_they_stand: Vec<CertificateDer<'static>>,
    },
    /// This certificate, whatever name it has.
    Pinned(Pin),
    /// Anybody.
    Anything,
}

/// Why there is nobody to believe. Each is a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file of `--ca`.
    #[error("--ca {} cannot be read ({}): name a file that this user may read", escaped(.0), in_words(.1))]
    Unreadable(String, io::Error),
    /// There is none in it.
    #[error("--ca {} holds no certificate in PEM: name the file that begins with -----BEGIN CERTIFICATE-----", escaped(.0))]
    NoCertificate(String),
    /// Nobody at all.
    #[error(
        "this machine knows no certificate authorities: install the package ca-certificates, or name the server's with --ca or --pin"
    )]
    NoAuthorities,
    /// Not 64 digits.
    #[error("--pin has 64 hexadecimal digits, as the server shows them at its start")]
    BadPin,
    /// The library refuses its own defaults.
    #[error("TLS cannot be used here ({0}); report this")]
    Unusable(#[from] Error),
}

/// Why the server at hand is not spoken to. It will be the same at the next attempt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedError {
    /// What comes is no TLS.
    #[error("it speaks no TLS: start the client without --tls, or have the operator turn TLS on")]
    NoTls,
    /// Its time is over.
    #[error("its certificate has expired: the operator has to renew it")]
    Expired,
    /// Its time has not come.
    #[error("its certificate is not valid yet: check this machine's clock, or ask the operator")]
    NotYet,
    /// It has another name.
    #[error("its certificate is for {0}: connect to it by such a name")]
    OtherName(String),
    /// By nobody we know.
    #[error(
        "its certificate is signed by nobody that this machine trusts: name the authority's file with --ca, or the certificate with --pin"
    )]
    Unknown,
    /// Not the one we know.
    #[error(
        "its certificate is another one than --pin says, with the SHA-256 {0}: ask the operator which one is right"
    )]
    OtherPin(String),
    /// Something else about the certificate or the protocol.
    #[error("TLS with it fails ({0}): ask the operator")]
    Other(String),
}

/// What connections are secured with.
#[derive(Clone)]
pub struct Tls(TlsConnector);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

impl Pin {
    /// 64 hexadecimal digits, with colons or without.
    ///
    /// # Errors
    /// [`TrustError::BadPin`].
    pub fn parse(word: &str) -> Result<Pin, TrustError> {
        let digits = word.replace(':', "");
        let is_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        match hexadecimal::parse(&digits) {
            Some(bytes) if is_digits => Ok(Pin(bytes)),
            _ => Err(TrustError::BadPin),
        }
    }

    fn of(certificate: &CertificateDer<'_>) -> Pin {
        Pin(Sha256::digest(certificate).into())
    }
}

impl std::fmt::Display for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hexadecimal::hexadecimal(&self.0))
    }
}

impl Trust {
    /// The certificates in the file of `--ca`.
    ///
    /// # Errors
    /// Where there are none.
    pub fn file(path: &Path) -> Result<Trust, TrustError> {
        let name = || path.display().to_string();
        let text = std::fs::read(path).map_err(|error| TrustError::Unreadable(name(), error))?;
        let found: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(&text).collect();
        let as_they_stand = found.map_err(|_| TrustError::NoCertificate(name()))?;
        let mut by = RootCertStore::empty();
        match by.add_parsable_certificates(as_they_stand.clone()) {
            (0, _) => Err(TrustError::NoCertificate(name())),
            _ => Ok(Trust::Signed { by, as_they_stand }),
        }
    }
}

impl Tls {
    /// TLS with those whom `trust` has us believe, reached by the login servers' names `hosts`. One certificate serves all servers of a fleet, so that an
    /// application server, which has no name but an address, may show that of its login server.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn new(trust: Trust, hosts: &[String]) -> Result<Tls, TrustError> {
        let trust = match trust {
            Trust::System => Trust::Signed {
                by: system_authorities()?,
                as_they_stand: Vec::new(),
            },
            named => named,
        };
        let provider = Arc::new(ring::default_provider());
        let names = hosts.iter().filter_map(|host| ServerName::try_from(host.clone()).ok());
        let verifier = Verifier {
            trust,
            names: names.collect(),
            provider: Arc::clone(&provider),
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Tls(TlsConnector::from(Arc::new(config))))
    }

    /// Begins TLS with the server that is called `host`.
    ///
    /// # Errors
    /// What broke: that of rustls is inside where the server is not to be believed.
    pub async fn begin(&self, stream: TcpStream, host: &str) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        self.0.connect(name, stream).await
    }
}

fn system_authorities() -> Result<RootCertStore, TrustError> {
    let mut authorities = RootCertStore::empty();
    match authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs) {
        (0, _) => Err(TrustError::NoAuthorities),
        _ => Ok(authorities),
    }
}

/// Whether `error` will be the same at the next attempt.
pub(crate) fn refused(error: &io::Error) -> Option<RefusedError> {
    Some(match error.get_ref()?.downcast_ref::<Error>()? {
        Error::InvalidMessage(_) => RefusedError::NoTls,
        Error::InvalidCertificate(error) => bad_certificate(error),
        other => RefusedError::Other(other.to_string()),
    })
}

fn bad_certificate(error: &CertificateError) -> RefusedError {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => RefusedError::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => RefusedError::NotYet,
        CertificateError::NotValidForNameContext { presented, .. } if !presented.is_empty() => RefusedError::OtherName(
            presented
                .iter()
                .map(|name| plain_name(name))
                .collect::<Vec<_>>()
                .join(" or "),
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            RefusedError::OtherName("no name at all".into())
        }
        // Another authority may have the name of ours.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => RefusedError::Unknown,
        CertificateError::Other(other) => match other.0.downcast_ref::<OtherPin>() {
            Some(OtherPin(pin)) => RefusedError::OtherPin(pin.to_string()),
            None if other.to_string().contains("CaUsedAsEndEntity") => RefusedError::Unknown,
            None => RefusedError::Other(other.to_string()),
        },
        other => RefusedError::Other(other.to_string()),
    }
}

/// `DnsName("a.example")` and `IpAddress(127.0.0.1)` is how webpki shows it.
fn plain_name(shown: &str) -> String {
    let bare = shown
        .split('"')
        .nth(1)
        .or_else(|| shown.strip_prefix("IpAddress(")?.strip_suffix(')'));
    escaped(bare.unwrap_or(shown)).to_string()
}

#[derive(Debug, thiserror::Error)]
#[error("another certificate")]
struct OtherPin(Pin);

#[derive(Debug)]
struct Verifier {
    trust: Trust,
    names: Vec<ServerName<'static>>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn check_signed(
        &self,
        (by, as_they_stand): (&RootCertStore, &[CertificateDer<'_>]),
        shown: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        (name, now): (&ServerName<'_>, UnixTime),
    ) -> Result<(), Error> {
        let certificate = ParsedCertificate::try_from(shown)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        match verify_server_cert_signed_by_trust_anchor(&certificate, by, intermediates, now, algorithms) {
            // The times are looked at first, so that these are the only faults of one that signed itself.
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::Other(_)))
                if as_they_stand.contains(shown) => {}
            checked => checked?,
        }
        let good_for = |name: &ServerName<'_>| verify_server_name(&certificate, name);
        match self.names.iter().any(|name| good_for(name).is_ok()) {
            true => Ok(()),
            false => good_for(name),
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match &self.trust {
            Trust::System => return Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)),
            Trust::Signed { by, as_they_stand } => {
                self.check_signed((by, as_they_stand), end_entity, intermediates, (server_name, now))?;
            }
            Trust::Pinned(pin) => {
                let shown = Pin::of(end_entity);
                if shown != *pin {
                    let other = CertificateError::Other(rustls::OtherError(Arc::new(OtherPin(shown))));
                    return Err(Error::InvalidCertificate(other));
                }
            }
            Trust::Anything => {}
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_64_digits_with_colons_or_without() {
        let plain = "ab".repeat(32);
        let colons = vec!["AB"; 32].join(":");
        assert_eq!(Pin::parse(&plain).unwrap(), Pin::parse(&colons).unwrap());
        assert_eq!(Pin::parse(&plain).unwrap().to_string(), plain);
        for wrong in ["", "ab", &plain[1..], &format!("{plain}0"), &plain.replace('a', "g")] {
            assert!(matches!(Pin::parse(wrong), Err(TrustError::BadPin)), "{wrong}");
        }
    }

    #[test]
    fn a_file_without_a_certificate_is_told() {
        let file = std::env::current_exe().unwrap();
        assert!(matches!(Trust::file(&file), Err(TrustError::NoCertificate(_))));
        let missing = Path::new("/nowhere/ca.pem");
        assert!(matches!(Trust::file(missing), Err(TrustError::Unreadable(..))));
    }
}
