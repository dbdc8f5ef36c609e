//! Which log an index is of.

use std::path::{Path, PathBuf};

use tenfold_core::ids::Position;
use tenfold_log::database::Client;

use super::head::LastEvent;
use super::store::Store;
use tenfold_log::database::DatabaseError;
use tenfold_log::operational::{identity, setting};

/// The folder in `home` for the index of the log that `client` is connected to. A database that was dropped and made
/// again, or copied, has another one. Where a copy of the whole cluster has gone another way since, the last event tells.
pub(super) async fn folder(client: &Client, home: &Path) -> Result<PathBuf, DatabaseError> {
    Ok(home.join("history").join(identity::short(client).await?))
}

/// The last event at or below `until`.
pub(super) async fn last_event(client: &Client, until: Position) -> Result<Option<LastEvent>, DatabaseError> {
    let select = "select position, id from event where position <= $1 order by position desc limit 1";
    let row = client.query_opt(select, &[&until.0]).await?;
    Ok(row.map(|row| LastEvent {
        position: Position(row.get(0)),
        id: row.get(1),
    }))
}

/// How often events of the log have been changed or deleted by hand.
pub(super) async fn changes(client: &Client) -> Result<i64, DatabaseError> {
    let changes = setting::get(client, setting::CHANGED_EVENTS).await?;
    Ok(changes.and_then(|changes| changes.parse().ok()).unwrap_or(0))
}

/// Whether an index is of this log, and of this log as it is. An empty one is of every log.
pub(super) async fn fits(client: &Client, store: &Store) -> Result<Fit, DatabaseError> {
    let Some(last) = store.last else {
        return Ok(Fit::Good);
    };
    Ok(
        match (
            changes(client).await? == store.changes,
            last_event(client, last.position).await? == Some(last),
        ) {
            (true, true) => Fit::Good,
            (false, true) => Fit::Changed,
            (_, false) => Fit::OfAnother,
        },
    )
}

/// How an index and the log go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It is of this log.
    Good,
    /// Events in it were changed or deleted since.
    Changed,
    /// It is of another log, or of what this one was before a restore.
    OfAnother,
}
