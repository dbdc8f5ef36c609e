//! Which log an index is of.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tenfold_core::ids::Position;
use tenfold_log::database::Client;

use super::head::LastEvent;
use tenfold_log::database::DatabaseError;

/// The folder in `home` for the index of the log that `client` is connected to. A database that was dropped and made
/// again, or copied, has another one. Where a copy of the whole cluster has gone another way since, the last event tells.
pub(super) async fn folder(client: &Client, home: &Path) -> Result<PathBuf, DatabaseError> {
    let identity = include_str!("../../sql/log_identity.sql");
    let row = client.query_one(identity, &[]).await?;
    let (port, database, table): (String, String, String) = (row.get(0), row.get(1), row.get(2));
    // The cluster has an identity of its own, which some providers keep from their guests.
    let allowed = "select has_function_privilege('pg_control_system()', 'execute')";
    let cluster: String = if client.query_one(allowed, &[]).await?.get(0) {
        let select = "select system_identifier::text from pg_control_system()";
        client.query_one(select, &[]).await?.get(0)
    } else {
        port
    };
    let digest = Sha256::digest(format!("{cluster}/{database}/{table}"));
    let mut name = String::new();
    for byte in &digest[..8] {
        let _ = write!(name, "{byte:02x}");
    }
    Ok(home.join("history").join(name))
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

/// Whether an index that ends with that event is of this log. An empty one is of every log.
pub(super) async fn fits(client: &Client, last: Option<LastEvent>) -> Result<bool, DatabaseError> {
    match last {
        Some(last) => Ok(last_event(client, last.position).await? == Some(last)),
        None => Ok(true),
    }
}
