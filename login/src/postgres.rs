//! The database the server works on: one that was named, or a private one of its own, which it keeps running.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tenfold_postgres::{Network, PrivatePostgres, PrivatePostgresError};
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often the private one's log is looked at.
const LOOK_AT_LOG: Duration = Duration::from_secs(10);

/// Whose the Postgres is.
#[derive(Clone)]
pub enum Postgres {
    /// Somebody else keeps it.
    Named {
        /// How it is reached; holds a password.
        url: Arc<str>,
    },
    /// This server, with others that share its home, keeps it.
    Private {
        /// Where it lives.
        home: PathBuf,
        /// Where other machines reach it, where they do.
        network: Option<Network>,
        /// The running one.
        postgres: PrivatePostgres,
    },
}

impl Postgres {
    /// The named one, or else the private one of `home`, set up and started where need be.
    ///
    /// # Errors
    /// A sentence, where there is no private one to be had.
    pub async fn find(
        named: Option<String>,
        home: PathBuf,
        network: Option<Network>,
    ) -> Result<Postgres, PrivatePostgresError> {
        Ok(match named {
            Some(url) => Postgres::Named { url: url.into() },
            None => Postgres::Private {
                postgres: PrivatePostgres::ensure_running_on(&home, network.as_ref()).await?,
                home,
                network,
            },
        })
    }

    /// The URL for whoever owns the tables, with the password in it.
    pub fn url(&self) -> &str {
        match self {
            Postgres::Named { url } => url,
            Postgres::Private { postgres, .. } => postgres.url(),
        }
    }

    /// The URL for other machines, with the password in it.
    pub fn url_for_others(&self) -> &str {
        match self {
            Postgres::Named { url } => url,
            Postgres::Private { postgres, .. } => postgres.network_url().unwrap_or(postgres.url()),
        }
    }

    /// The certificate that it shows to other machines, in PEM.
    pub fn certificate(&self) -> Option<&str> {
        match self {
            Postgres::Private { network, .. } => network.as_ref().map(|network| &*network.certificate),
            Postgres::Named { .. } => None,
        }
    }

    /// Where the files of a private one are.
    pub fn place(&self) -> Option<PathBuf> {
        match self {
            Postgres::Named { .. } => None,
            Postgres::Private { postgres, .. } => Some(postgres.data_folder()),
        }
    }

    /// Brings a private one back that has died; nothing for one that somebody else keeps.
    pub async fn revive(&self) {
        let Postgres::Private {
            home,
            network,
            postgres,
        } = self
        else {
            return;
        };
        match PrivatePostgres::ensure_running_on(home, network.as_ref()).await {
            Ok(revived) if revived.url() != postgres.url() => tracing::error!(
                "the private Postgres had to move to another port; restart this server so that it finds it there"
            ),
            Ok(revived) if revived.started_here() => {
                tracing::warn!("the private Postgres had ended and was started again")
            }
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "the private Postgres does not run and could not be started; trying again")
            }
        }
    }

    /// Keeps the log of a private one within its bound until `stopping` fires.
    pub async fn bound_log(self, stopping: CancellationToken) {
        let Postgres::Private { postgres, .. } = self else {
            return;
        };
        while stopping.run_until_cancelled(sleep(LOOK_AT_LOG)).await.is_some() {
            let postgres = postgres.clone();
            let _ = spawn_blocking(move || postgres.bound_log()).await;
        }
    }

    /// Stops a private one that a failed start would leave running for nobody.
    pub async fn stop_if_unused(&self) {
        let Postgres::Private { postgres, .. } = self else {
            return;
        };
        if let Err(error) = postgres.stop_if_unused().await {
            tracing::warn!(%error, "the private Postgres could not be stopped and still runs");
        }
    }

    /// Stops a private one.
    ///
    /// # Errors
    /// A sentence, where it does not stop.
    pub async fn stop(&self) -> Result<(), PrivatePostgresError> {
        match self {
            Postgres::Named { .. } => Ok(()),
            Postgres::Private { postgres, .. } => postgres.stop().await,
        }
    }
}
