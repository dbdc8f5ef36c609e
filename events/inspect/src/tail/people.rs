//! An event as a line for people: position, time, kind, who did it, and its fields with names for ids.

use std::fmt::Write;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::clock::Clock;
use crate::names::{Names, has_name, short};
use crate::paint::{Colour, Paint};
use crate::raw_event::RawEvent;
use tenfold_core::escape::escaped;

/// Wide enough for a billion events, for the longest kind, and for most names.
const POSITION: usize = 9;
const KIND: usize = 18;
const ACTOR: usize = 12;

/// The line, without its end.
pub(super) fn line(event: &RawEvent, names: &Names, clock: Clock, paint: Paint) -> String {
    let at = clock.shown_finely(event.at);
    let actor = event.actor.map_or_else(|| "(fleet)".into(), |actor| names.show(actor));
    let kind = format!("{:<KIND$}", escaped(&event.kind));
    let (kind, at) = (paint.coloured(colour(&event.kind), &kind), paint.dim(&at));
    let actor = paint.bold(&format!("{actor:<ACTOR$}"));
    let mut line = format!("{:>POSITION$}  {at}  {kind}  {actor}", event.position.0);
    if event.kind_version != 1 {
        let _ = write!(line, " version={}", event.kind_version);
    }
    for part in [Some(&event.data), event.personal.as_ref()].into_iter().flatten() {
        match serde_json::from_str::<Map<String, Value>>(part.get()) {
            Ok(fields) => fields
                .iter()
                .for_each(|field| push_field(&mut line, event, field, names)),
            Err(_) => line.push_str(&format!(" {}", escaped(part.get()))),
        }
    }
    line.truncate(line.trim_end().len());
    if let Err(unreadable) = event.decode() {
        let _ = write!(line, "  {}", unreadable.sentence());
    }
    line
}

/// Kinds that belong together look alike; what was refused stands out.
fn colour(kind: &str) -> Colour {
    match kind {
        "CommandRefused" | "InstanceLost" => Colour::Red,
        "Posted" | "MessageSent" | "GroupMessageSent" => Colour::Green,
        _ if kind.starts_with("Instance") => Colour::Magenta,
        _ if kind.starts_with("Session") || kind.starts_with("Seat") => Colour::Blue,
        _ => Colour::Cyan,
    }
}

fn push_field(line: &mut String, event: &RawEvent, (field, value): (&String, &Value), names: &Names) {
    let id = value.as_str().and_then(|text| text.parse::<Uuid>().ok());
    // Whoever did it stands in a column already.
    let repeats_actor = id.is_some() && id == event.actor;
    if value.is_null() || repeats_actor {
        return;
    }
    let shown = match (id, value) {
        (Some(id), _) if has_name(field) => names.show(id),
        (Some(id), _) => short(id),
        (None, Value::String(text)) if is_text(field) => format!("\"{}\"", escaped(text)),
        (None, Value::String(word)) => escaped(word).into_owned(),
        (None, other) => escaped(&other.to_string()).into_owned(),
    };
    let _ = write!(line, " {}={shown}", escaped(field));
}

/// Whether a field holds something that may have blanks in it.
fn is_text(field: &str) -> bool {
    matches!(field, "text" | "name" | "reason" | "reference")
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use tenfold_core::ids::Position;

    fn event(kind: &str, actor: Option<Uuid>, data: &str, personal: Option<&str>) -> RawEvent {
        let raw = |text: &str| RawValue::from_string(text.into()).unwrap();
        RawEvent {
            position: Position(812),
            id: Uuid::nil(),
            stream: Uuid::nil(),
            version: 1,
            kind: kind.into(),
            kind_version: 1,
            command: Uuid::nil(),
            ordinal: 0,
            actor,
            at: chrono::DateTime::UNIX_EPOCH,
            data: raw(data),
            personal: personal.map(raw),
        }
    }

    #[test]
    fn a_post_is_shown_without_its_authors_twice_and_without_commands_to_the_terminal() {
        let alice = Uuid::from_u128(0xa);
        let data = format!("{{\"author\":\"{alice}\"}}");
        let posted = event("Posted", Some(alice), &data, Some(r#"{"text":"hi \u001b[2J"}"#));
        assert_eq!(
            line(&posted, &Names::default(), Clock::utc(), Paint::OFF),
            "      812  1970-01-01 00:00:00.000 UTC  Posted              …0000000a    text=\"hi \\u{1b}[2J\""
        );
    }

    #[test]
    fn what_nobody_understands_is_shown_as_it_is() {
        let strange = event("Levitated", None, "[1,2]", None);
        let line = line(&strange, &Names::default(), Clock::utc(), Paint::OFF);
        assert!(
            line.contains("Levitated           (fleet)      [1,2]  (damaged)"),
            "{line}"
        );
    }
}
