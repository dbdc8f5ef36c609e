//! Events as the log's columns have them.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use tenfold_core::event::{Event, Recorded, Undecodable};
use tenfold_core::ids::{AccountId, CommandId, EventId, Position};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use crate::database::DatabaseError;

/// How many events are read at once.
const CHUNK: i64 = 1000;

/// An event, not looked into. Serialized, it is what `tail --json` prints.
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
    let select = "select position, id, stream, version, kind, kind_version, command_id, ordinal, actor, recorded_at, \
                  data::text, personal::text from event where position > $1 and position <= $2 \
                  order by position limit $3";
    let select = client.prepare(select).await?;
    let rows = client.query(&select, &[&after.0, &until.0, &CHUNK]).await?;
    Ok(rows.iter().map(RawEvent::of).collect())
}

/// Why an event cannot be looked into.
#[derive(Debug, thiserror::Error)]
#[error("the event at position {position} cannot be read: {cause}")]
pub struct Unreadable {
    /// Where.
    pub position: Position,
    /// What is wrong with it.
    pub cause: Undecodable,
}

impl RawEvent {
    /// What it says.
    ///
    /// # Errors
    /// [`Unreadable`] where it is of a newer build, or damaged.
    pub fn decode(&self) -> Result<Recorded, Unreadable> {
        let personal = self.personal.as_ref().map(|personal| personal.get());
        let event = Event::decode(&self.kind, self.kind_version, self.data.get(), personal);
        let event = event.map_err(|cause| Unreadable {
            position: self.position,
            cause,
        })?;
        Ok(Recorded {
            position: self.position,
            id: EventId(self.id),
            version: self.version,
            command: CommandId(self.command),
            ordinal: self.ordinal,
            actor: self.actor.map(AccountId),
            at: self.at,
            event,
        })
    }

    /// From a row of the columns that [`read`] selects, in that order.
    pub(crate) fn of(row: &Row) -> RawEvent {
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
            personal: row.get::<_, Option<String>>(11).map(json),
        }
    }
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
