//! Connections to the private Postgres, on this machine.

use std::time::Duration;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

const CONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no connection, or not what was asked on it.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("it answered with error {}", .0.code())]
    Database(SqlState),
    #[error("{0}")]
    Connection(tokio_postgres::Error),
    #[error("no answer within {} seconds", CONNECT_PATIENCE.as_secs())]
    Silent,
}

impl ConnectError {
    /// A role that there is not is refused as one with another password.
    pub(super) fn is_of_missing_owner(&self) -> bool {
        let missing = [SqlState::INVALID_CATALOG_NAME, SqlState::INVALID_PASSWORD];
        matches!(self, Self::Database(code) if missing.contains(code))
    }

    /// It may be starting up, stopping, or full for a moment.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Database(code) => [SqlState::CANNOT_CONNECT_NOW, SqlState::TOO_MANY_CONNECTIONS].contains(code),
            Self::Connection(_) | Self::Silent => true,
        }
    }
}

impl From<tokio_postgres::Error> for ConnectError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code() {
            Some(code) => Self::Database(code.clone()),
            None => Self::Connection(error),
        }
    }
}

/// Connects without TLS.
pub(super) async fn connect(url: &str) -> Result<Client, ConnectError> {
    let mut config: Config = url.parse().map_err(ConnectError::Connection)?;
    config.application_name(format!("tenfold-postgres/check/{}", std::process::id()));
    let connecting = tokio::time::timeout(CONNECT_PATIENCE, config.connect(NoTls));
    let connected = connecting.await.map_err(|_| ConnectError::Silent)?;
    let (client, connection) = connected?;
    // It ends with the client.
    tokio::spawn(connection);
    Ok(client)
}
