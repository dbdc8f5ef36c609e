//! The exchange: a token for what it takes to serve.

use std::net::{IpAddr, SocketAddr};

use futures_util::future::BoxFuture;
use tenfold_core::enrolment::{Application, ClientCertificate, Settings, token_hash};
use tenfold_core::ids::InstanceId;
use tenfold_core::quota::Quotas;
use tenfold_log::operational::enrolment::TokenStatus;
use tenfold_log::sealing::MasterKey;

use super::refusals::{Refusals, TokenRefusal};
use crate::broker::Access;
use crate::client_tls::CertificateFiles;
use crate::store::Store;
use tenfold_fleet::provider::ProviderError;
use tenfold_fleet::provider::ec2::{Ec2, Whereabouts};

/// Knows where machines are.
pub trait Registry: Send + Sync + 'static {
    /// Where the machine is that was launched for that request.
    fn whereabouts(&self, instance: InstanceId) -> BoxFuture<'_, Result<Option<Whereabouts>, ProviderError>>;
}

impl Registry for Ec2 {
    fn whereabouts(&self, instance: InstanceId) -> BoxFuture<'_, Result<Option<Whereabouts>, ProviderError>> {
        Box::pin(Ec2::whereabouts(self, instance))
    }
}

/// Takes tokens and gives settings.
pub struct Exchange {
    /// Where the tokens' hashes are.
    pub store: Store,
    /// Whom to ask where a machine is.
    pub registry: Box<dyn Registry>,
    /// What application servers get.
    pub server_settings: ServerSettings,
    /// What was refused.
    pub refused: Refusals,
}

/// What every application server of this fleet gets. Nothing of it is ever printed.
#[derive(Clone)]
pub struct ServerSettings {
    /// The log's database.
    pub database: String,
    /// The certificates in PEM by which its one is checked, where they come from a file of this machine.
    pub database_root_certificates: Option<String>,
    /// The broker, and what crosses it is sealed with.
    pub broker: Option<Access>,
    /// Under which all that people write is sealed.
    pub master_key: MasterKey,
    /// What it lets one person or address have.
    pub quotas: Quotas,
    /// What it shows clients, where there is TLS.
    pub tls: Option<CertificateFiles>,
    /// Where it is to listen.
    pub port: u16,
}

/// Why there are no settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeError {
    /// There never will be.
    Refused(TokenRefusal),
    /// It is worth asking again.
    NotNow(&'static str),
}

const DATABASE_AWAY: ExchangeError = ExchangeError::NotNow("the database does not answer; ask again");
const NO_CERTIFICATE: ExchangeError =
    ExchangeError::NotNow("the certificate for clients cannot be read on the login server; ask again");
const EC2_AWAY: ExchangeError = ExchangeError::NotNow("EC2 cannot be asked for this machine; ask again");
const NOT_SEEN_YET: ExchangeError = ExchangeError::NotNow("EC2 does not show this machine yet; ask again");

impl Exchange {
    /// The exchange, for a machine that asks from this address.
    ///
    /// # Errors
    /// [`ExchangeError`]; what was refused is counted.
    pub async fn answer(&self, application: &Application, from: IpAddr) -> Result<Settings, ExchangeError> {
        let from = from.to_canonical();
        let instance = InstanceId(application.instance);
        let result = self.settings_for(instance, token_hash(&application.token), from).await;
        if let Err(ExchangeError::Refused(reason)) = result {
            self.refused.note(reason, instance, from);
            self.store.count_refusal(reason.name()).await;
        }
        result
    }

    async fn settings_for(
        &self,
        instance: InstanceId,
        hash: [u8; 32],
        from: IpAddr,
    ) -> Result<Settings, ExchangeError> {
        // Nobody who has no token makes us ask EC2.
        self.see_token(instance, hash).await?;
        let found = self.registry.whereabouts(instance).await.map_err(|error| {
            tracing::warn!(%instance, %error, detail = error.detail, "an application server cannot enrol yet, for EC2 cannot be asked where it is; it tries again");
            EC2_AWAY
        })?;
        let whereabouts = found.ok_or(NOT_SEEN_YET)?;
        if !whereabouts.private.contains(&from) {
            return Err(ExchangeError::Refused(TokenRefusal::Elsewhere));
        }
        let tls = self.certificate(instance)?;
        if !self.store.redeem(hash, instance).await.map_err(|_| DATABASE_AWAY)? {
            // Somebody was faster, or time has passed.
            self.see_token(instance, hash).await?;
            return Err(ExchangeError::Refused(TokenRefusal::Used));
        }
        tracing::info!(%instance, %from, reference = whereabouts.reference.0, "a machine enrolled as an application server");
        Ok(self.settings((from, &whereabouts), tls))
    }

    async fn see_token(&self, instance: InstanceId, hash: [u8; 32]) -> Result<(), ExchangeError> {
        let status = self
            .store
            .token_status(hash, instance)
            .await
            .map_err(|_| DATABASE_AWAY)?;
        match status {
            TokenStatus::Good => Ok(()),
            TokenStatus::Unknown => Err(ExchangeError::Refused(TokenRefusal::Unknown)),
            TokenStatus::Used => Err(ExchangeError::Refused(TokenRefusal::Used)),
            TokenStatus::Late => Err(ExchangeError::Refused(TokenRefusal::Late)),
        }
    }

    /// Read for each machine, for it may have been renewed.
    fn certificate(&self, instance: InstanceId) -> Result<Option<ClientCertificate>, ExchangeError> {
        let read = self
            .server_settings
            .tls
            .as_ref()
            .map(CertificateFiles::read)
            .transpose();
        read.map_err(|error| {
            tracing::error!(%instance, %error, "an application server cannot enrol yet; it tries again");
            NO_CERTIFICATE
        })
    }

    fn settings(&self, (from, whereabouts): (IpAddr, &Whereabouts), tls: Option<ClientCertificate>) -> Settings {
        let ServerSettings {
            database,
            database_root_certificates,
            broker,
            master_key,
            quotas,
            tls: _,
            port,
        } = &self.server_settings;
        Settings {
            database: database.clone(),
            database_root_certificates: database_root_certificates.clone(),
            broker: broker.as_ref().map(|access| access.broker.reveal().to_owned()),
            fleet_key: broker.as_ref().map(|access| access.key.reveal()),
            master_key: master_key.reveal(),
            quotas: Some(quotas.clone()),
            tls,
            listen: SocketAddr::new(from, *port).to_string(),
            advertise_host: whereabouts.public.unwrap_or(from).to_string(),
        }
    }
}
