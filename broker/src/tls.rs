//! TLS with the system's certificates, or those in SSL_CERT_FILE.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, Error, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::protocol::{ConnectError, in_words};

/// How long the other side may take to agree. Less than connecting may take: a broker that speaks no TLS there waits for
/// the end of what looks like a very long word to it.
const AGREEING: Duration = Duration::from_secs(4);

/// What connects and checks the other side's certificate. The system's certificates are read once: they are many files, and a
/// broker that is away is tried again and again.
///
/// # Errors
/// [`ConnectError::Tls`] where the system has no certificates to check by.
pub fn connector() -> Result<TlsConnector, ConnectError> {
    static CONNECTOR: OnceLock<TlsConnector> = OnceLock::new();
    if let Some(connector) = CONNECTOR.get() {
        return Ok(connector.clone());
    }
    let connector = read()?;
    Ok(CONNECTOR.get_or_init(|| connector).clone())
}

fn read() -> Result<TlsConnector, ConnectError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable == 0 {
        return Err(ConnectError::Tls(
            "this machine knows no certificate authorities: install the package ca-certificates".into(),
        ));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ConnectError::Tls(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The name that the certificate must bear.
pub fn server_name(host: &str) -> Result<ServerName<'static>, ConnectError> {
    ServerName::try_from(host.to_owned()).map_err(|_| ConnectError::UnknownHost(host.to_owned()))
}

/// Agrees with whoever is at the other end of `stream`, who must show a certificate for `host`.
pub async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
    connector: &TlsConnector,
    host: &str,
    stream: S,
) -> Result<TlsStream<S>, ConnectError> {
    let agreed = timeout(AGREEING, connector.connect(server_name(host)?, stream)).await;
    match agreed {
        Ok(agreed) => agreed.map_err(|error| ConnectError::Tls(reason(&error))),
        Err(_) => Err(ConnectError::Tls("nothing there answers in TLS".into())),
    }
}

/// Why no connection came about, as a clause.
pub fn reason(error: &io::Error) -> String {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match tls {
        Some(Error::InvalidCertificate(certificate)) => distrust(certificate),
        Some(Error::InvalidMessage(_)) => "what answers there does not speak TLS".into(),
        Some(other) => other.to_string(),
        None if error.kind() == io::ErrorKind::UnexpectedEof => "it closes the connection".into(),
        None => in_words(error),
    }
}

fn distrust(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => "its certificate comes from an authority that is unknown here".into(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired".into(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another host name".into()
        }
        other => format!("its certificate is not to be trusted: {other}"),
    }
}
