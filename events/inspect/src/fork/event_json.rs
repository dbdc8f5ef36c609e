//! Events that somebody typed as JSON, as `tail --json` prints them. What would come to nothing, or to something else than stands
//! there, is refused.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use tenfold_core::event::{Event, Recorded, Stream, newest_version};
use tenfold_core::ids::{AccountId, CommandId, EventId};
use uuid::Uuid;

use crate::raw_event::RawEvent;

/// What an event that is put in gets by itself, whatever is given.
const ITS_OWN: [&str; 5] = ["position", "id", "version", "command", "ordinal"];
/// What can be given.
const GIVEN: [&str; 5] = ["kind", "actor", "at", "data", "personal"];
/// What must be as it follows from the others.
const FOLLOWS: [&str; 2] = ["stream", "kind_version"];

type Fields = Map<String, Value>;

/// `original`, with what `json` says of it in its place.
///
/// # Errors
/// What is wrong with it.
pub(super) fn replaced(original: &Recorded, json: &Value) -> Result<Recorded, String> {
    let encoded = original.event.encode();
    let kind = kind(json)?.unwrap_or(encoded.kind);
    let (mut data, mut personal) = if kind == encoded.kind {
        (
            as_map(&encoded.data),
            encoded.personal.as_deref().map(as_map).unwrap_or_default(),
        )
    } else {
        Default::default()
    };
    data.extend(part(json, "data")?);
    personal.extend(part(json, "personal")?);
    let event = event(kind, json, data, personal)?;
    let replaced = Recorded {
        actor: actor(json)?.unwrap_or(original.actor),
        at: time(json)?.unwrap_or(original.at),
        event,
        ..original.clone()
    };
    unchanged(json, &replaced, &ITS_OWN)?;
    unchanged(json, &replaced, &FOLLOWS)?;
    Ok(replaced)
}

/// An event behind `before`, at the same time where `json` gives no other.
///
/// # Errors
/// What is wrong with it.
pub(super) fn put_in(before: &Recorded, json: &Value) -> Result<Recorded, String> {
    let kind = kind(json)?.ok_or("it has no kind")?;
    let event = event(kind, json, part(json, "data")?, part(json, "personal")?)?;
    let inserted = Recorded {
        position: before.position,
        id: EventId(Uuid::now_v7()),
        version: 0,
        command: CommandId(Uuid::now_v7()),
        ordinal: 0,
        actor: actor(json)?.unwrap_or_else(|| owner(&event)),
        at: time(json)?.unwrap_or(before.at),
        event,
    };
    unchanged(json, &inserted, &FOLLOWS)?;
    Ok(inserted)
}

/// Of that kind, with nothing given that it has not.
fn event(kind: &str, json: &Value, data: Fields, personal: Fields) -> Result<Event, String> {
    let known = |field: &str| {
        GIVEN
            .iter()
            .chain(&ITS_OWN)
            .chain(&FOLLOWS)
            .any(|known| *known == field)
    };
    if let Some((field, _)) = json.as_object().into_iter().flatten().find(|(field, _)| !known(field)) {
        return Err(format!(
            "it has the field {field}, which no event has; what it says stands in data and personal"
        ));
    }
    let personal_json = (!personal.is_empty()).then(|| Value::Object(personal.clone()).to_string());
    let text = Value::Object(data.clone()).to_string();
    let event = Event::decode(kind, newest_version(kind), &text, personal_json.as_deref());
    let event = event.map_err(|cause| cause.to_string())?;
    let encoded = event.encode();
    let there = [
        as_map(&encoded.data),
        encoded.personal.as_deref().map(as_map).unwrap_or_default(),
    ];
    for (part, given, there) in [("data", data, &there[0]), ("personal", personal, &there[1])] {
        if let Some((field, _)) = given
            .iter()
            .find(|(field, value)| !value.is_null() && !there.contains_key(*field))
        {
            let fields: Vec<&str> = there.keys().map(String::as_str).collect();
            let fields = if fields.is_empty() {
                "none".into()
            } else {
                fields.join(", ")
            };
            return Err(format!(
                "its {part} has the field {field}, which {kind} has not there: its fields are {fields}"
            ));
        }
    }
    Ok(event)
}

/// Where `json` says something of these, it must be what they are.
fn unchanged(json: &Value, recorded: &Recorded, fields: &[&str]) -> Result<(), String> {
    let is = serde_json::to_value(RawEvent::from(recorded)).unwrap_or_default();
    let other = fields
        .iter()
        .find(|field| json.get(**field).is_some_and(|given| *given != is[**field]));
    other.map_or(Ok(()), |field| {
        Err(format!("{field} cannot be another than {}: leave it out", is[*field]))
    })
}

fn kind(json: &Value) -> Result<Option<&str>, String> {
    let kind = json.get("kind");
    kind.map(|kind| kind.as_str().ok_or_else(|| "its kind is no text".to_owned()))
        .transpose()
}

fn part(json: &Value, part: &str) -> Result<Fields, String> {
    match json.get(part) {
        None | Some(Value::Null) => Ok(Fields::new()),
        Some(Value::Object(fields)) => Ok(fields.clone()),
        Some(_) => Err(format!("its {part} is no object")),
    }
}

/// Who did it, where that is said; null is nobody, but the fleet.
fn actor(json: &Value) -> Result<Option<Option<AccountId>>, String> {
    match json.get("actor") {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(id) => {
            let id = id.as_str().and_then(|id| id.parse().ok());
            id.map(|id| Some(Some(AccountId(id))))
                .ok_or_else(|| "its actor is no id of an account".into())
        }
    }
}

fn time(json: &Value) -> Result<Option<DateTime<Utc>>, String> {
    let Some(at) = json.get("at") else { return Ok(None) };
    let time = at.as_str().and_then(|at| at.parse().ok());
    time.map(Some).ok_or_else(|| "its time (at) is none".into())
}

/// Who did it, where nothing else is said: the account whose stream it is.
fn owner(event: &Event) -> Option<AccountId> {
    match event.stream() {
        Stream::Account(account) => Some(account),
        _ => None,
    }
}

fn as_map(json: &str) -> Fields {
    serde_json::from_str(json).unwrap_or_default()
}
