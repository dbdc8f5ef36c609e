//! Whether the projections may be served: they are compared with the log, cheaply, before a login server does. On projections that are not the log's
//! anybody could register a name that somebody has, and with that a second history would begin in the log.

use tenfold_core::ids::Position;
use tokio_postgres::Client;

use crate::database::DatabaseError;

/// Why a login server does not serve on a database.
#[derive(Debug, thiserror::Error)]
pub enum StaleError {
    /// The log is shorter than what was signed.
    #[error(
        "the log ends at position {end}, and its checkpoint was signed at {signed}: its end is missing; restore the database from a backup, \
         `bin/events verify` tells more"
    )]
    CutOff {
        /// Where it ends.
        end: Position,
        /// Where its newest checkpoint is.
        signed: Position,
    },
    /// Rows are missing, or of another log.
    #[error(
        "the projections are not what the log says, as after a restore without a rebuild ({0}): run `bin/events rebuild` with the same --database or --home as this server, then start again"
    )]
    Projections(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<tokio_postgres::Error> for StaleError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Compares; what it reads grows with the number of accounts and not with the log.
///
/// # Errors
/// [`StaleError`], where the database is not to be served.
pub async fn check(client: &Client) -> Result<(), StaleError> {
    let row = client
        .query_one(include_str!("../../sql/integrity/cut_off.sql"), &[])
        .await?;
    let (signed, end) = (row.get::<_, Option<i64>>(0).map(Position), Position(row.get(1)));
    if let Some(signed) = signed.filter(|signed| *signed > end) {
        return Err(StaleError::CutOff { end, signed });
    }
    let rows = client.query(include_str!("../../sql/integrity/stale.sql"), &[]).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let told = |row: &tokio_postgres::Row| format!("{} {}", row.get::<_, i64>(1), row.get::<_, &str>(0));
    Err(StaleError::Projections(
        rows.iter().map(told).collect::<Vec<_>>().join("; "),
    ))
}
