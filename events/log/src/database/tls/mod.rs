//! TLS to Postgres: `sslmode` and `sslrootcert` as libpq means them, over rustls on ring.

mod options;
mod refusal;
mod roots;
mod verifier;

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::ring;
use tokio_postgres::config::{Host, SslMode as DriversMode, SslNegotiation};
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Error, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::{DatabaseError, is_of_login};
pub(super) use options::take_out;
use options::{SslMode, TlsOptions};
use roots::{Roots, Source};
use verifier::Verifier;

/// A connection's other half, which drives it.
pub(super) type Connection = tokio_postgres::Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// As `libpq` from version 17 on says which protocol it means; without it there is no `sslnegotiation=direct`.
const PROTOCOL: &[u8] = b"postgresql";

/// How a database's connections are secured. Cheap to clone.
#[derive(Clone)]
pub(super) struct Tls {
    mode: SslMode,
    connector: MakeRustlsConnect,
    source: Option<Arc<Source>>,
}

impl Tls {
    /// Reads the root certificates, once for all connections; `given` takes the place of the file's content.
    ///
    /// # Errors
    /// [`DatabaseError::RootCertificates`] or [`DatabaseError::BadTlsOption`].
    pub fn new(mut options: TlsOptions, given: Option<&str>) -> Result<Tls, DatabaseError> {
        if options.root_certificates.as_deref() == Some("system") {
            match options.mode {
                None | Some(SslMode::VerifyFull) => options.mode = Some(SslMode::VerifyFull),
                // Anybody can have a certificate that is signed by one of them.
                Some(_) => {
                    return Err(DatabaseError::BadTlsOption(
                        "has sslrootcert=system with an sslmode that does not check for whom a certificate is: write sslmode=verify-full",
                    ));
                }
            }
        }
        let roots = Roots::read(&options, given)?;
        let mode = options.mode.unwrap_or_default();
        let (certificates, source) = roots.map(|roots| (roots.certificates, roots.source)).unzip();
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier {
            roots: certificates,
            names: mode == SslMode::VerifyFull,
            provider: Arc::clone(&provider),
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring knows the ciphers of TLS 1.2 and 1.3")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        let connector = MakeRustlsConnect::new(config);
        Ok(Tls {
            mode,
            connector,
            source: source.map(Arc::new),
        })
    }

    /// The content of the file with the root certificates, where a file is used.
    pub fn root_certificates(&self) -> Option<&str> {
        match self.source.as_deref() {
            Some(Source::File { pem, .. }) => Some(pem),
            _ => None,
        }
    }

    /// Tells a host's configuration what is wanted.
    ///
    /// # Errors
    /// [`DatabaseError::BadTlsOption`] where TLS is to begin at once but need not be.
    pub fn put_into(&self, host: &mut Config) -> Result<(), DatabaseError> {
        // Nobody reads along on a socket of this machine, and Postgres speaks no TLS there.
        let is_local = !matches!(host.get_hosts().first(), Some(Host::Tcp(_)));
        let mode = match self.mode {
            _ if is_local => DriversMode::Disable,
            SslMode::Disable => DriversMode::Disable,
            SslMode::Prefer => DriversMode::Prefer,
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => DriversMode::Require,
        };
        if mode == DriversMode::Prefer && host.get_ssl_negotiation() == SslNegotiation::Direct {
            return Err(DatabaseError::BadTlsOption(
                "has sslnegotiation=direct without an sslmode that wants TLS: add sslmode=require or a stricter one",
            ));
        }
        host.ssl_mode(mode);
        Ok(())
    }

    /// Opens a connection. With `sslmode=prefer` one without TLS where none came about with it.
    pub async fn connect(&self, config: &Config) -> Result<(Client, Connection), Error> {
        let first = match config.connect(self.connector.clone()).await {
            Err(error) if config.get_ssl_mode() == DriversMode::Prefer && is_refusal_of_tls(&error) => error,
            other => return other,
        };
        let mut plain = config.clone();
        plain.ssl_mode(DriversMode::Disable);
        match plain.connect(self.connector.clone()).await {
            // It wants TLS, or says the same again: then the first answer is what matters.
            Err(error) if is_access_rule(&error) => Err(first),
            other => other,
        }
    }

    /// What was wrong with TLS to `host`, which is shown as `endpoint`; nothing where the failure is of another kind.
    pub fn explain(&self, host: &Config, endpoint: String, error: &Error) -> Option<DatabaseError> {
        refusal::explain(self.mode, self.source.as_deref(), host, endpoint, error)
    }

    /// Whether a host that refused a connection without TLS takes one with it. `stranger` has no password: nothing secret is
    /// told to somebody whose certificate is not checked.
    pub async fn is_wanted_by(&self, stranger: &Config) -> bool {
        let mut config = stranger.clone();
        config.ssl_mode(DriversMode::Require);
        match config.connect(self.connector.clone()).await {
            Ok(_) => true,
            Err(error) if error.code().is_some() => !is_access_rule(&error),
            Err(error) => is_of_login(&error),
        }
    }
}

/// TLS did not come about, or is what a rule of access is against.
fn is_refusal_of_tls(error: &Error) -> bool {
    refusal::is_of_handshake(error) || is_access_rule(error)
}

/// `pg_hba.conf` lets nobody in here; also a role that may not log in has this code.
pub(super) fn is_access_rule(error: &Error) -> bool {
    error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
}
