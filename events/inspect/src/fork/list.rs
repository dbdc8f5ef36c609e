//! Which sandboxes there are.

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use tenfold_core::ids::Position;
use tenfold_log::database::{Client, Database, DatabaseError};
use tenfold_log::operational::setting;

use super::sandbox::SandboxError;
use crate::raw_event::in_json;

/// A sandbox, as `fork list` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its name.
    pub sandbox: String,
    /// Of what it was made; that it is unfinished, where its making goes on or was killed.
    pub made_of: String,
    /// The position of its last event.
    pub position: Position,
    /// When that was recorded.
    #[serde(serialize_with = "with_microseconds")]
    pub at: Option<DateTime<Utc>>,
    /// What it takes on the disk.
    pub bytes: i64,
}

fn with_microseconds<S: Serializer>(at: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(in_json).serialize(serializer)
}

/// Every sandbox on the server of `live`, by name. Databases that may not be looked into are none of ours.
///
/// # Errors
/// Where the server fails.
pub async fn list(live: &Database) -> Result<Vec<Listed>, SandboxError> {
    let client = live.connect("sandbox").await?;
    let mut found = Vec::new();
    for row in client.query(include_str!("../../sql/other_databases.sql"), &[]).await? {
        let name: String = row.get(0);
        // A database that is dropped at this moment has no size any more.
        if let Some(bytes) = row.get(1) {
            found.extend(look(&live.on_same_server(&name), name, bytes).await?);
        }
    }
    Ok(found)
}

async fn look(database: &Database, sandbox: String, bytes: i64) -> Result<Option<Listed>, SandboxError> {
    let client = match database.connect("sandbox").await {
        Ok(client) => client,
        // Somebody else's, or gone meanwhile.
        Err(DatabaseError::Refused { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    match read(&client, sandbox, bytes).await {
        // Dropped while it was looked into, which ends the connection.
        Err(_) if client.batch_execute("").await.is_err() => Ok(None),
        read => read,
    }
}

async fn read(client: &Client, sandbox: String, bytes: i64) -> Result<Option<Listed>, SandboxError> {
    let there = "select to_regclass('setting') is not null and to_regclass('event') is not null";
    if !client.query_one(there, &[]).await?.get::<_, bool>(0) {
        return Ok(None);
    }
    // A table of that name may be somebody else's, and look quite different.
    let Ok(Some(made_of)) = setting::get(client, setting::SANDBOX).await else {
        return Ok(None);
    };
    let last = "select position, recorded_at from event order by position desc limit 1";
    let last = client.query_opt(last, &[]).await?;
    Ok(Some(Listed {
        sandbox,
        made_of,
        position: last.as_ref().map_or(Position::START, |row| Position(row.get(0))),
        at: last.map(|row| row.get(1)),
        bytes,
    }))
}
