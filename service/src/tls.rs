//! TLS to clients: the certificate, taken anew when it changes, and the first bytes of a connection.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The first byte of TLS, which no command begins with.
pub(crate) const HANDSHAKE_RECORD: u8 = 0x16;
/// The second one, of all its versions.
pub(crate) const MAJOR_VERSION: u8 = 0x03;

/// Where the certificate is.
#[derive(Clone)]
pub enum Source {
    /// In files, which may change.
    Files {
        /// The certificate and those that it was signed with, in PEM.
        certificate: PathBuf,
        /// Its key, in PEM.
        key: PathBuf,
    },
    /// Here.
    Text {
        /// In PEM.
        certificate: String,
        /// In PEM.
        key: String,
    },
}

/// Why there is no TLS. Each is a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the sentences say it
pub enum TlsError {
    #[error("{path} cannot be read ({error}): name the certificate and its key with --tls-cert and --tls-key, in files that this user may read", path = .path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("{0} holds no certificate in PEM: name the file that begins with -----BEGIN CERTIFICATE-----")]
    NoCertificate(String),
    #[error("{0} holds no private key in PEM: name the file that has -----BEGIN PRIVATE KEY----- in it")]
    NoKey(String),
    #[error("the certificate and the key cannot be used together ({0}): see that the one was made for the other")]
    Unusable(#[from] rustls::Error),
}

/// TLS of a server.
pub struct ClientTls {
    source: Source,
    /// Whoever speaks no TLS is served, too.
    also_plain: bool,
    config: RwLock<Arc<ServerConfig>>,
}

impl std::fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientTls")
            .field("also_plain", &self.also_plain)
            .finish_non_exhaustive()
    }
}

/// A connection whose first byte has come.
pub(crate) enum Opened {
    Secured(Box<TlsStream<TcpStream>>),
    Plain(TcpStream),
    /// It is to be told that there is only TLS here.
    NoTls(TcpStream),
    /// It said nothing.
    Silent,
    /// Nothing comes of it.
    Failed,
}

impl ClientTls {
    /// Reads the certificate.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn read(source: Source, also_plain: bool) -> Result<Arc<ClientTls>, TlsError> {
        let config = RwLock::new(Arc::new(source.config()?));
        Ok(Arc::new(ClientTls {
            source,
            also_plain,
            config,
        }))
    }

    /// Takes the certificate anew when its files change and at SIGHUP, until `stopping` fires. One that cannot be used leaves the old one in use.
    pub async fn watch(self: Arc<Self>, stopping: CancellationToken) {
        let Ok(mut asked) = signal(SignalKind::hangup()) else {
            return;
        };
        let mut seen = self.source.changed_at();
        loop {
            let is_asked = tokio::select! {
                () = stopping.cancelled() => return,
                _ = asked.recv() => true,
                () = sleep(LOOK_EVERY) => false,
            };
            let now = self.source.changed_at();
            if is_asked || now != seen {
                seen = now;
                self.take_anew();
            }
        }
    }

    fn take_anew(&self) {
        match self.source.config() {
            Ok(config) => {
                *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
                tracing::info!("the certificate was taken anew");
            }
            Err(error) => tracing::error!(%error, "the new certificate cannot be used; going on with the old one"),
        }
    }

    /// Begins TLS, or not, by the first byte.
    pub(crate) async fn open(&self, stream: TcpStream, patience: Duration) -> Opened {
        let mut first = [0];
        match timeout(patience, stream.peek(&mut first)).await {
            Ok(Ok(1..)) => {}
            Err(_) => return Opened::Silent,
            Ok(_) => return Opened::Failed,
        }
        if first[0] != HANDSHAKE_RECORD {
            return match self.also_plain {
                true => Opened::Plain(stream),
                false => Opened::NoTls(stream),
            };
        }
        let config = Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner));
        match timeout(HANDSHAKE, TlsAcceptor::from(config).accept(stream)).await {
            Ok(Ok(secured)) => Opened::Secured(Box::new(secured)),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a client's TLS handshake failed");
                Opened::Failed
            }
            Err(_) => Opened::Failed,
        }
    }
}

impl Source {
    fn config(&self) -> Result<ServerConfig, TlsError> {
        let read = |path: &PathBuf| {
            let path = path.clone();
            std::fs::read_to_string(&path).map_err(|error| TlsError::File { path, error })
        };
        let (names, certificate, key) = match self {
            Source::Files { certificate, key } => (
                [certificate, key].map(|path| path.display().to_string()),
                read(certificate)?,
                read(key)?,
            ),
            Source::Text { certificate, key } => (
                ["what was given", "what was given"].map(str::to_owned),
                certificate.clone(),
                key.clone(),
            ),
        };
        let [of_certificate, of_key] = names;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or(TlsError::NoCertificate(of_certificate))?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| TlsError::NoKey(of_key))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        Ok(builder.with_no_client_auth().with_single_cert(chain, key)?)
    }

    fn changed_at(&self) -> Option<[SystemTime; 2]> {
        let Source::Files { certificate, key } = self else {
            return None;
        };
        let at = |path: &PathBuf| std::fs::metadata(path).and_then(|file| file.modified()).ok();
        Some([at(certificate)?, at(key)?])
    }
}
