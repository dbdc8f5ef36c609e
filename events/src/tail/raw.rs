//! Events as the log's columns have them.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use tenfold_core::event::personal_field;
use tenfold_core::ids::Position;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use crate::database::DatabaseError;
use crate::sealing::{Keys, Personal, Place};

/// How many events are read at once.
const CHUNK: i64 = 1000;
/// What [`RawEvent::of`] reads.
const SELECT: &str = "select position, id, stream, version, kind, kind_version, command_id, ordinal, actor, recorded_at, \
                      data::text, personal::text, sealed, (select k.wrapped from tenfold_keys.account k \
                      where k.account_id = stream and sealed is not null) from event";
/// What stands for a personal part that does not open with its account's key.
const DAMAGED: &str = "(damaged)";

/// An event, not looked into; but its personal part is opened where its key lives. Serialized, it is what `tail --json`
/// prints.
#[derive(Clone, Debug, Serialize)]
pub struct RawEvent {
    /// Its place in the log.
    pub position: Position,
    /// Its own id.
    pub id: Uuid,
    /// What it belongs to: an account or an instance.
    pub stream: Uuid,
    /// Its place in its stream.
    pub version: i64,
    /// What happened.
    pub kind: String,
    /// The version of that kind's fields.
    pub kind_version: i16,
    /// The command that caused it.
    pub command: Uuid,
    /// Its place among that command's events, from 0.
    pub ordinal: i16,
    /// The account that did it; nobody where it was the fleet.
    pub actor: Option<Uuid>,
    /// When it was recorded.
    #[serde(serialize_with = "with_microseconds")]
    pub at: DateTime<Utc>,
    /// Its fields.
    pub data: Box<RawValue>,
    /// What identifies or was written by a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personal: Option<Box<RawValue>>,
}

/// The next events above `after` and not above `until`, in order; a bounded number of them, none where there are no
/// more.
///
/// # Errors
/// Where the database fails.
pub async fn read(client: &Client, after: Position, until: Position) -> Result<Vec<RawEvent>, DatabaseError> {
    let select = format!("{SELECT} where position > $1 and position <= $2 order by position limit $3");
    let select = client.prepare(&select).await?;
    let rows = client.query(&select, &[&after.0, &until.0, &CHUNK]).await?;
    Ok(rows.iter().map(RawEvent::of).collect())
}

/// The events at these positions, in order.
///
/// # Errors
/// Where the database fails.
pub(super) async fn read_at(client: &Client, positions: &[i64]) -> Result<Vec<RawEvent>, DatabaseError> {
    let select = format!("{SELECT} where position = any($1) order by position");
    let rows = client.query(&select, &[&positions]).await?;
    Ok(rows.iter().map(RawEvent::of).collect())
}

impl RawEvent {
    fn of(row: &Row) -> RawEvent {
        RawEvent {
            position: Position(row.get(0)),
            id: row.get(1),
            stream: row.get(2),
            version: row.get(3),
            kind: row.get(4),
            kind_version: row.get(5),
            command: row.get(6),
            ordinal: row.get(7),
            actor: row.get(8),
            at: row.get(9),
            data: json(row.get(10)),
            personal: personal(row).map(json),
        }
    }
}

/// The personal part as JSON, or what stands for it: also of a kind that this build does not know.
fn personal(row: &Row) -> Option<String> {
    let (id, stream, kind) = (row.get(1), row.get(2), row.get(4));
    let (plain, sealed): (Option<&str>, Option<&[u8]>) = (row.get(11), row.get(12));
    let is_missing = plain.is_none() && sealed.is_none();
    if is_missing && personal_field(kind).is_none() {
        return None;
    }
    let mut keys = Keys::default();
    if let Some(wrapped) = row.get::<_, Option<&[u8]>>(13) {
        keys.put_wrapped(stream, wrapped);
    }
    let placeholder = match keys.open(Place { id, stream, kind }, plain, sealed) {
        Ok(Personal::Open(json)) => return Some(json),
        Ok(personal) => personal.placeholder(stream).unwrap_or_default(),
        Err(_) => DAMAGED.to_owned(),
    };
    let field = personal_field(kind).unwrap_or("text");
    Some(serde_json::json!({ field: placeholder }).to_string())
}

/// Postgres has seen to it that it is JSON; what its parser and ours might disagree on is shown as a text.
fn json(text: String) -> Box<RawValue> {
    RawValue::from_string(text.clone())
        .or_else(|_| serde_json::value::to_raw_value(&text))
        .expect("a text is always JSON once it is quoted")
}

fn with_microseconds<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}
