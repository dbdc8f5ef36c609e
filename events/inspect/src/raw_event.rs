//! Events as the log's columns have them.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tenfold_core::escape::escaped;
use tenfold_core::event::{Event, Recorded, Undecodable, personal_fields};
use tenfold_core::ids::{AccountId, CommandId, EventId, Position};
use tokio_postgres::Row;
use uuid::Uuid;

use tenfold_log::database::Client;
use tenfold_log::sealing::{DAMAGED, Keys, Personal, SealContext, damaged};

/// The columns from which [`RawEvent::of`] reads an event, in this order.
pub(crate) const COLUMNS: &str = "position, id, stream, version, kind, kind_version, command_id, ordinal, actor, recorded_at, \
                                  data::text, personal::text, sealed, (select k.wrapped from tenfold_keys.account k \
                                  where k.account_id = stream and sealed is not null)";

/// An event, not looked into; but its personal part is opened where its key lives. Serialized, it is what `tail --json`
/// prints.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<Box<RawValue>>,
}

/// Why an event cannot be looked into.
#[derive(Debug, thiserror::Error)]
#[error("the event at position {position} cannot be read: {cause}")]
pub struct UnreadableError {
    /// Where.
    pub position: Position,
    /// What is wrong with it.
    pub cause: Undecodable,
}

impl UnreadableError {
    /// What is shown instead of the event's sentence, ready to be shown.
    pub fn sentence(&self) -> String {
        format!("{DAMAGED} {}", escaped(&self.cause.to_string()))
    }
}

impl From<&Recorded> for RawEvent {
    fn from(recorded: &Recorded) -> RawEvent {
        let encoded = recorded.event.encode();
        RawEvent {
            position: recorded.position,
            id: recorded.id.0,
            stream: recorded.event.stream().id(),
            version: recorded.version,
            kind: encoded.kind.to_owned(),
            kind_version: encoded.version,
            command: recorded.command.0,
            ordinal: recorded.ordinal,
            actor: recorded.actor.map(|actor| actor.0),
            at: recorded.at,
            data: json(encoded.data),
            personal: encoded.personal.map(json),
        }
    }
}

impl RawEvent {
    /// Every id that it speaks of: whose it is, and those in its fields.
    pub fn ids(&self) -> Vec<Uuid> {
        let data: Value = serde_json::from_str(self.data.get()).unwrap_or_default();
        let fields = data.as_object().into_iter().flatten();
        let named = fields.filter_map(|(_, value)| value.as_str()?.parse().ok());
        let mut ids: Vec<Uuid> = [self.stream].into_iter().chain(self.actor).chain(named).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// What it says.
    ///
    /// # Errors
    /// [`UnreadableError`] where it is of a newer build, or damaged.
    pub fn decode(&self) -> Result<Recorded, UnreadableError> {
        let personal = self.personal.as_ref().map(|personal| personal.get());
        let event = Event::decode(&self.kind, self.kind_version, self.data.get(), personal);
        let event = event.map_err(|cause| UnreadableError {
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

    /// From a row of [`COLUMNS`].
    pub(crate) fn of(row: &Row, client: &Client) -> RawEvent {
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
            personal: personal(row, client).map(json),
        }
    }
}

/// The personal part as JSON, or what stands for it: also of a kind that this build does not know.
fn personal(row: &Row, client: &Client) -> Option<String> {
    let (id, stream, kind) = (row.get(1), row.get(2), row.get(4));
    let (plain, sealed): (Option<&str>, Option<&[u8]>) = (row.get(11), row.get(12));
    let is_missing = plain.is_none() && sealed.is_none();
    if is_missing && personal_fields(kind).next().is_none() {
        return None;
    }
    let mut keys = Keys::new(client.master_key());
    if let Some(wrapped) = row.get::<_, Option<&[u8]>>(13) {
        keys.put_wrapped(stream, wrapped);
    }
    let placeholder = match keys.open(SealContext { id, stream, kind }, plain, sealed) {
        Ok(Personal::Open(json)) => return Some(json),
        Ok(personal) => personal.placeholder(stream).unwrap_or_default(),
        Err(_) => damaged(kind, stream),
    };
    let mut fields: Map<String, Value> = personal_fields(kind)
        .map(|field| (field.to_owned(), placeholder.clone().into()))
        .collect();
    if fields.is_empty() {
        // A kind of a newer build: it has a personal part, and how that is called is not known here.
        fields.insert("text".to_owned(), placeholder.into());
    }
    Some(Value::Object(fields).to_string())
}

/// Postgres has seen to it that it is JSON; what its parser and ours might disagree on is shown as a text.
fn json(text: String) -> Box<RawValue> {
    RawValue::from_string(text.clone())
        .or_else(|_| serde_json::value::to_raw_value(&text))
        .expect("a text is always JSON once it is quoted")
}

/// A time as it stands in all JSON: UTC, to the microsecond.
pub(crate) fn in_json(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn with_microseconds<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&in_json(*at))
}
