//! What runs the application servers, as the operator wants it.

#[cfg(feature = "ec2")]
mod ec2;

use std::path::Path;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tenfold_core::token::TokenKey;
use tenfold_log::database::Database;
use tenfold_log::sealing::MasterKey;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::home::Home;
use crate::broker::{Access, Broker};
use crate::configuration::{Arguments, FleetKind};
use crate::fleet::provider::Provider;
use crate::fleet::provider::local::Local;

/// Something that goes on beside serving and ends with it.
pub(super) type Errand = BoxFuture<'static, ()>;

/// Where the server starts.
#[cfg_attr(not(feature = "ec2"), allow(dead_code))] // only a machine elsewhere has to be told all of it
pub(super) struct Ground<'start> {
    pub arguments: &'start Arguments,
    /// The application server's program.
    pub program: &'start Path,
    pub home: &'start Home,
    /// Where there is one.
    pub broker: Option<&'start Broker>,
    pub database_url: &'start str,
    pub database: &'start Database,
    pub stopping: &'start CancellationToken,
}

/// What the database's own login servers know, and whom they tell of it.
pub(super) struct Keys<'start> {
    /// The database's own mark.
    pub fleet: &'start str,
    pub token: &'start TokenKey,
    pub master: &'start MasterKey,
}

impl Keys<'_> {
    /// What application servers need to send each other messages through a broker.
    fn access(&self, broker: Option<&Broker>) -> Option<Access> {
        Some(Access {
            broker: broker?.clone(),
            key: self.token.fleet_key(),
        })
    }
}

/// A provider, and what goes on beside it.
pub(super) struct Runner {
    pub provider: Arc<dyn Provider>,
    /// Rung when a child of this process has ended.
    pub child_ended: Arc<Notify>,
    pub errands: Vec<Errand>,
}

/// Application servers cannot be run as was wanted.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // each is another module's sentence
pub enum RunnerError {
    #[cfg(feature = "ec2")]
    #[error(transparent)]
    Ec2(#[from] ec2::Ec2StartError),
}

/// Makes the provider that the arguments name.
///
/// # Errors
/// [`RunnerError`].
pub(super) async fn runner(ground: &Ground<'_>, keys: &Keys<'_>) -> Result<Runner, RunnerError> {
    match ground.arguments.fleet {
        FleetKind::Local => Ok(local(ground, keys)),
        #[cfg(feature = "ec2")]
        FleetKind::Ec2 => Ok(ec2::runner(ground, keys).await?),
        // The check of the arguments has said so already.
        #[cfg(not(feature = "ec2"))]
        FleetKind::Ec2 => Ok(local(ground, keys)),
    }
}

fn local(ground: &Ground<'_>, keys: &Keys<'_>) -> Runner {
    let provider = Local {
        program: ground.program.into(),
        fleet: keys.fleet.to_owned(),
        host: ground.arguments.host.clone(),
        database_url: ground.database_url.to_owned(),
        broker: keys.access(ground.broker),
        master_key: keys.master.clone(),
        log: ground.arguments.log.clone(),
        log_file: ground.home.app_log(),
        ended: Arc::default(),
    };
    Runner {
        child_ended: Arc::clone(&provider.ended),
        provider: Arc::new(provider),
        errands: Vec::new(),
    }
}
