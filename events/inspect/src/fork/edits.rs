//! How a fork differs from its log, as the command line gives it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value;
use tenfold_core::event::Recorded;
use tenfold_core::ids::Position;

use super::event_json;
use tenfold_core::escape::escaped;

/// The most positions one range may name; a fork by which more is left out is better made with --until.
const WIDEST: i64 = 1_000_000;

/// What is to be another way in the fork.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    /// Events that are left out.
    pub skipped: BTreeSet<Position>,
    /// Events that are another in the fork.
    pub replaced: BTreeMap<Position, Recorded>,
    /// Events that are put in behind that position, in this order.
    pub inserted: BTreeMap<Position, Vec<Recorded>>,
    /// Commands that somebody gives behind that position, at that time; what comes of them is put in.
    pub typed: BTreeMap<Position, Vec<(String, DateTime<Utc>)>>,
}

/// Another event for that position: what it says of it.
pub type Replacement = (Position, Value);

/// Something to be put in behind that position.
pub type Insertion = (Position, Put);

/// What is put in.
#[derive(Clone, Debug, PartialEq)]
pub enum Put {
    /// An event.
    Event(Value),
    /// A command as people type it.
    Command(String),
}

/// Why an edit cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum EditsError {
    /// Its words.
    #[error(
        "{0:?} is no edit: write it as POSITION=JSON, where the JSON is an event as `bin/events tail --json` prints it; what \
         is put in may also be a command, as in \"812=post alice hello\""
    )]
    Form(String),
    /// Its JSON.
    #[error("the event for position {position} cannot be read: {cause}; `bin/events tail --json` shows how one looks")]
    Event {
        /// Where it was to be.
        position: Position,
        /// What is wrong with it.
        cause: String,
    },
    /// Nothing is there.
    #[error("there is no event at position {0} to skip, replace or follow: `bin/events tail` lists them")]
    NoEvent(Position),
    /// The fork ends before.
    #[error(
        "position {position} is behind the end of the fork, which is position {end}: give a later --until, or leave that edit out"
    )]
    BehindEnd {
        /// Where the edit was to be.
        position: Position,
        /// Where the fork ends.
        end: Position,
    },
    /// Both at once.
    #[error("position {0} is both skipped and replaced: choose one")]
    Twice(Position),
    /// Two events for one place.
    #[error("position {0} is replaced twice: say in one --replace all that is to be another way")]
    ReplacedTwice(Position),
}

/// Reads `812`, `812-820` or several of them with commas between, for the command line.
///
/// # Errors
/// A sentence where it is something else.
pub fn positions(text: &str) -> Result<Vec<Position>, String> {
    let wrong = || format!("{text:?} names no positions; write 812, 812-820 or 812,815");
    let mut all = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.trim().parse::<i64>().ok().filter(|number| *number >= 1);
        let (first, last) = number(first).zip(number(last)).ok_or_else(wrong)?;
        if last < first || last - first >= WIDEST {
            return Err(wrong());
        }
        all.extend((first..=last).map(Position));
    }
    Ok(all)
}

/// Reads `812={…}`, for the command line.
///
/// # Errors
/// [`EditsError::Form`] where it is something else.
pub fn replacement(text: &str) -> Result<Replacement, EditsError> {
    let (position, json) = split(text)?;
    let json: Value = serde_json::from_str(json).map_err(|_| form(text))?;
    if !json.is_object() {
        return Err(form(text));
    }
    Ok((position, json))
}

/// Reads `812={…}` or `812=post alice hello`, for the command line.
///
/// # Errors
/// [`EditsError::Form`] where it is something else.
pub fn insertion(text: &str) -> Result<Insertion, EditsError> {
    let (position, what) = split(text)?;
    if what.trim_start().starts_with('{') {
        return replacement(text).map(|(position, json)| (position, Put::Event(json)));
    }
    match what.trim() {
        "" => Err(form(text)),
        command => Ok((position, Put::Command(command.to_owned()))),
    }
}

fn split(text: &str) -> Result<(Position, &str), EditsError> {
    let (position, what) = text.split_once('=').ok_or_else(|| form(text))?;
    let position: i64 = position.trim().parse().map_err(|_| form(text))?;
    Ok((Position(position), what))
}

fn form(text: &str) -> EditsError {
    EditsError::Form(escaped(text).into_owned())
}

impl Edits {
    /// Whether the fork is to be what the log is.
    pub fn is_empty(&self) -> bool {
        self.positions().is_empty()
    }

    /// Every position that is spoken of.
    pub fn positions(&self) -> BTreeSet<Position> {
        let spoken = self
            .replaced
            .keys()
            .chain(self.inserted.keys())
            .chain(self.typed.keys());
        spoken.chain(&self.skipped).copied().collect()
    }

    /// The event at that position shall be another: what `json` does not say stays as it is in `original`.
    ///
    /// # Errors
    /// Where that makes no event.
    pub fn replace(&mut self, original: &Recorded, json: &Value) -> Result<(), EditsError> {
        let position = original.position;
        if self.skipped.contains(&position) {
            return Err(EditsError::Twice(position));
        }
        if self.replaced.contains_key(&position) {
            return Err(EditsError::ReplacedTwice(position));
        }
        let replaced = event_json::replaced(original, json).map_err(|cause| wrong(position, &cause))?;
        self.replaced.insert(position, replaced);
        Ok(())
    }

    /// Somebody shall give a command behind the event at `before.position`, at the same time.
    pub fn type_after(&mut self, before: &Recorded, command: &str) {
        let typed = self.typed.entry(before.position).or_default();
        typed.push((command.to_owned(), before.at));
    }

    /// An event shall follow that at `before.position`, at the same time where `json` does not give another.
    ///
    /// # Errors
    /// Where it is no event.
    pub fn insert_after(&mut self, before: &Recorded, json: &Value) -> Result<(), EditsError> {
        let position = before.position;
        let inserted = event_json::put_in(before, json).map_err(|cause| wrong(position, &cause))?;
        self.inserted.entry(position).or_default().push(inserted);
        Ok(())
    }
}

fn wrong(position: Position, cause: &str) -> EditsError {
    EditsError::Event {
        position,
        cause: escaped(cause).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use tenfold_core::event::Event;
    use tenfold_core::ids::{AccountId, CommandId, EventId};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn positions_and_ranges_are_read() {
        let read = |text| positions(text).map(|all| all.iter().map(|one| one.0).collect::<Vec<_>>());
        assert_eq!(read("7"), Ok(vec![7]));
        assert_eq!(read("7-9, 12"), Ok(vec![7, 8, 9, 12]));
        for bad in ["", "x", "0", "-3", "9-7", "1-", "1-99999999999"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    fn posted() -> Recorded {
        let author = AccountId(Uuid::from_u128(1));
        let event = Event::Posted {
            author,
            text: "hi".into(),
        };
        Recorded {
            position: Position(5),
            id: EventId(Uuid::nil()),
            version: 3,
            command: CommandId(Uuid::nil()),
            ordinal: 0,
            actor: Some(author),
            at: chrono::DateTime::UNIX_EPOCH,
            event,
        }
    }

    #[test]
    fn what_is_not_said_stays_as_it_was() {
        let mut edits = Edits::default();
        let (position, json) = replacement(r#"5={"personal":{"text":"other"}}"#).unwrap();
        assert_eq!(position, Position(5));
        edits.replace(&posted(), &json).unwrap();
        let expected = Event::Posted {
            author: AccountId(Uuid::from_u128(1)),
            text: "other".into(),
        };
        assert_eq!(edits.replaced[&position].event, expected);
    }

    #[test]
    fn what_would_not_be_as_it_was_typed_is_refused() {
        let (author, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for (json, part) in [
            (r#"{"text":"other"}"#.to_owned(), "it has the field text"),
            (r#"{"data":{"text":"other"}}"#.to_owned(), "its data has the field text"),
            (
                r#"{"personal":{"message":"other"}}"#.to_owned(),
                "its personal has the field message",
            ),
            (r#"{"personal":"other"}"#.to_owned(), "its personal is no object"),
            (r#"{"actor":"bob"}"#.to_owned(), "its actor is no id"),
            (r#"{"at":"soon"}"#.to_owned(), "its time (at) is none"),
            (r#"{"version":4}"#.to_owned(), "version cannot be another"),
            (format!(r#"{{"stream":"{other}"}}"#), "stream cannot be another"),
        ] {
            let json = serde_json::from_str(&json).unwrap();
            let said = Edits::default().replace(&posted(), &json).unwrap_err().to_string();
            assert!(said.contains(part), "{json}: {said}");
        }
        // All that `tail --json` prints may stay as it is.
        let whole = format!(
            r#"{{"position":5,"id":"{0}","stream":"{author}","version":3,"kind":"Posted","kind_version":1,"command":"{0}","ordinal":0,
               "actor":null,"at":"1970-01-01T00:00:01Z","data":{{"author":"{author}"}},"personal":{{"text":"other"}}}}"#,
            Uuid::nil()
        );
        let mut edits = Edits::default();
        edits
            .replace(&posted(), &serde_json::from_str(&whole).unwrap())
            .unwrap();
        let replaced = &edits.replaced[&Position(5)];
        assert_eq!((replaced.actor, replaced.at.timestamp()), (None, 1));
        let twice = edits.replace(&posted(), &serde_json::from_str(&whole).unwrap());
        assert!(matches!(twice, Err(EditsError::ReplacedTwice(_))));
    }

    #[test]
    fn what_is_no_event_is_told_so() {
        for bad in ["5", "x={}", "5={", "5=[]", "5=1"] {
            assert!(matches!(replacement(bad), Err(EditsError::Form(_))), "{bad}");
        }
        for bad in ["5", "x=post a b", "5=", "5={"] {
            assert!(matches!(insertion(bad), Err(EditsError::Form(_))), "{bad}");
        }
        let typed = Put::Command("post a b=c".into());
        assert_eq!(insertion("5= post a b=c ").unwrap(), (Position(5), typed));
        let mut edits = Edits::default();
        for bad in [r#"{}"#, r#"{"kind":"Levitated"}"#, r#"{"kind":"Posted","data":{}}"#] {
            let json: Value = serde_json::from_str(bad).unwrap();
            let said = edits.insert_after(&posted(), &json).unwrap_err().to_string();
            assert!(said.contains("position 5"), "{said}");
        }
    }
}
