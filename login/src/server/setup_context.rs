//! What the set-up of a provider is given, and what it gives.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tenfold_core::token::TokenKey;
use tenfold_fleet::provider::Provider;
use tenfold_log::database::{Database, Role};
use tenfold_log::sealing::MasterKey;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::home::Home;
use crate::broker::{Access, Broker};
use crate::configuration::Arguments;
use crate::postgres::Postgres;

/// A background task, with a name for people: it goes on beside serving and ends with it.
pub(super) type BackgroundTask = (&'static str, BoxFuture<'static, ()>);

/// What the set-up of a provider needs.
#[cfg_attr(not(feature = "ec2"), allow(dead_code))] // only a machine elsewhere has to be told all of it
pub(super) struct SetupContext<'setup> {
    pub arguments: &'setup Arguments,
    /// The application server's program.
    pub program: &'setup Path,
    pub home: &'setup Home,
    /// Where there is one.
    pub broker: Option<&'setup Broker>,
    pub postgres: &'setup Postgres,
    /// As a login server's role.
    pub database: &'setup Database,
    /// The files of the certificate that clients are shown, and its key, where there is TLS.
    pub tls: Option<&'setup [PathBuf; 2]>,
    pub stopping: &'setup CancellationToken,
}

/// What the database's own login servers know, and whom they tell of it.
pub(super) struct Keys<'setup> {
    /// The database's own mark.
    pub fleet: &'setup str,
    pub token: &'setup TokenKey,
    pub master: &'setup MasterKey,
    /// What application servers connect with, where they have a role of their own.
    pub app: Option<&'setup Role>,
}

impl Keys<'_> {
    /// `url` for an application server.
    pub fn url_for_app(&self, url: &str) -> String {
        self.app.map_or_else(|| url.to_owned(), |role| role.url(url))
    }

    /// What application servers need to send each other messages through a broker.
    pub fn access(&self, broker: Option<&Broker>) -> Option<Access> {
        Some(Access {
            broker: broker?.clone(),
            key: self.token.fleet_key(),
        })
    }
}

/// A provider that is set up, and its background tasks.
pub(super) struct ProviderSetup {
    pub provider: Arc<dyn Provider>,
    /// Notified when a child of this process has ended.
    pub child_ended: Arc<Notify>,
    pub tasks: Vec<BackgroundTask>,
}
