//! Events to columns and back. `data` never holds what identifies or was written by a person; `personal` holds only that.

use serde::Deserialize;

use super::Event;
use super::kind_and_fields::KindAndFields;
use super::upcast::{self, newest_version};

/// An event as the log's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The event's name, as `Posted`.
    pub kind: &'static str,
    /// The version of that kind's fields: the newest there is.
    pub version: i16,
    /// The fields, as a JSON object.
    pub data: String,
    /// The personal field, as a JSON object of one.
    pub personal: Option<String>,
}

/// An event this build cannot read: written by a newer one, or damaged.
#[derive(Debug, thiserror::Error)]
pub enum Undecodable {
    /// A kind or a version nobody here knows.
    #[error(
        "this build does not know {kind} events of version {version}; nothing is changed: use the build that wrote the log, or a newer one"
    )]
    Unknown {
        /// The kind as written.
        kind: String,
        /// Its version.
        version: i16,
    },
    /// Its fields don't fit its kind.
    #[error("a damaged {kind} event: {cause}")]
    Damaged {
        /// The kind as written.
        kind: String,
        /// What does not fit.
        cause: serde_json::Error,
    },
}

/// The personal column: one of these.
#[derive(Deserialize)]
struct Personal {
    #[serde(default)]
    name: String,
    #[serde(default)]
    text: String,
}

impl Event {
    /// The event's name, as `Posted`; that of its variant.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::AccountRegistered { .. } => "AccountRegistered",
            Event::AccountDeleted { .. } => "AccountDeleted",
            Event::SessionStarted { .. } => "SessionStarted",
            Event::SessionResumed { .. } => "SessionResumed",
            Event::SessionEnded { .. } => "SessionEnded",
            Event::SeatTaken { .. } => "SeatTaken",
            Event::SeatReleased { .. } => "SeatReleased",
            Event::InviteSent { .. } => "InviteSent",
            Event::InviteAccepted { .. } => "InviteAccepted",
            Event::Posted { .. } => "Posted",
            Event::GroupCreated { .. } => "GroupCreated",
            Event::GroupJoined { .. } => "GroupJoined",
            Event::MessageSent { .. } => "MessageSent",
            Event::GroupMessageSent { .. } => "GroupMessageSent",
            Event::InstanceRequested { .. } => "InstanceRequested",
            Event::InstanceLaunched { .. } => "InstanceLaunched",
            Event::InstanceReady { .. } => "InstanceReady",
            Event::InstanceDraining { .. } => "InstanceDraining",
            Event::InstanceTerminated { .. } => "InstanceTerminated",
            Event::InstanceLost { .. } => "InstanceLost",
            Event::CommandRefused { .. } => "CommandRefused",
        }
    }

    /// What a person wrote or is called, and what the field is named (see [`personal_field`]).
    pub fn personal(&self) -> Option<(&'static str, &str)> {
        match self {
            Event::AccountRegistered { name, .. } => Some(("name", name)),
            Event::Posted { text, .. } | Event::MessageSent { text, .. } | Event::GroupMessageSent { text, .. } => {
                Some(("text", text))
            }
            _ => None,
        }
    }

    fn personal_mut(&mut self) -> Option<(&'static str, &mut String)> {
        match self {
            Event::AccountRegistered { name, .. } => Some(("name", name)),
            Event::Posted { text, .. } | Event::MessageSent { text, .. } | Event::GroupMessageSent { text, .. } => {
                Some(("text", text))
            }
            _ => None,
        }
    }

    /// Puts `text` in the place of what a person wrote or is called; nothing where the event has no such field.
    pub fn put_personal(&mut self, text: String) {
        if let Some((_, value)) = self.personal_mut() {
            *value = text;
        }
    }

    /// The event as the log's columns.
    pub fn encode(&self) -> Encoded {
        let kind = self.kind();
        // serde writes {"Kind":{…}}; the kind has a column of its own.
        let tagged = serde_json::to_string(self).expect("an event has nothing that JSON cannot say");
        let data = tagged[kind.len() + 4..tagged.len() - 1].to_owned();
        let personal = self
            .personal()
            .map(|(field, value)| serde_json::json!({ field: value }).to_string());
        Encoded {
            kind,
            version: newest_version(kind),
            data,
            personal,
        }
    }

    /// Reads the log's columns, also those of older versions. A personal part that is gone reads as an empty text.
    ///
    /// # Errors
    /// [`Undecodable`] where the kind, its version or its fields are unknown to this build.
    pub fn decode(kind: &str, version: i16, data: &str, personal: Option<&str>) -> Result<Event, Undecodable> {
        let newest = newest_version(kind);
        if !KINDS.contains(&kind) || !(1..=newest).contains(&version) {
            let kind = kind.to_owned();
            return Err(Undecodable::Unknown { kind, version });
        }
        let read = if version == newest {
            Event::read(kind, data, personal)
        } else {
            upcast::lift(upcast::STEPS, (kind, version), data, personal)
                .and_then(|lifted| Event::read(kind, &lifted.data, lifted.personal.as_deref()))
        };
        read.map_err(|cause| Undecodable::Damaged {
            kind: kind.to_owned(),
            cause,
        })
    }

    /// Reads columns of the newest version.
    fn read(kind: &str, data: &str, personal: Option<&str>) -> Result<Event, serde_json::Error> {
        let mut event = Event::deserialize(KindAndFields { kind, fields: data })?;
        if let (Some((field, value)), Some(personal)) = (event.personal_mut(), personal) {
            let personal: Personal = serde_json::from_str(personal)?;
            *value = if field == "name" { personal.name } else { personal.text };
        }
        Ok(event)
    }
}

/// How the personal field of that kind is named, where it has one.
pub fn personal_field(kind: &str) -> Option<&'static str> {
    match kind {
        "AccountRegistered" => Some("name"),
        "Posted" | "MessageSent" | "GroupMessageSent" => Some("text"),
        _ => None,
    }
}

/// Every kind there is, in the order of the declaration.
pub const KINDS: [&str; 21] = [
    "AccountRegistered",
    "AccountDeleted",
    "SessionStarted",
    "SessionResumed",
    "SessionEnded",
    "SeatTaken",
    "SeatReleased",
    "InviteSent",
    "InviteAccepted",
    "Posted",
    "GroupCreated",
    "GroupJoined",
    "MessageSent",
    "GroupMessageSent",
    "InstanceRequested",
    "InstanceLaunched",
    "InstanceReady",
    "InstanceDraining",
    "InstanceTerminated",
    "InstanceLost",
    "CommandRefused",
];

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ids::AccountId;

    fn there_and_back(event: Event) -> Event {
        let encoded = event.encode();
        Event::decode(
            encoded.kind,
            encoded.version,
            &encoded.data,
            encoded.personal.as_deref(),
        )
        .unwrap()
    }

    #[test]
    fn what_a_person_wrote_stands_apart() {
        let posted = Event::Posted {
            author: AccountId(Uuid::from_u128(1)),
            text: "my \"secret\"".into(),
        };
        let encoded = posted.encode();
        assert_eq!(encoded.data, r#"{"author":"00000000-0000-0000-0000-000000000001"}"#);
        assert_eq!(encoded.personal.as_deref(), Some(r#"{"text":"my \"secret\""}"#));
        assert_eq!(there_and_back(posted.clone()), posted);
    }

    #[test]
    fn an_erased_text_reads_as_empty() {
        let posted = Event::Posted {
            author: AccountId(Uuid::nil()),
            text: "gone".into(),
        };
        let encoded = posted.encode();
        let read = Event::decode(encoded.kind, encoded.version, &encoded.data, None).unwrap();
        assert_eq!(read.personal(), Some(("text", "")));
    }

    #[test]
    fn the_future_is_refused_and_not_guessed() {
        assert!(matches!(
            Event::decode("Levitated", 1, "{}", None),
            Err(Undecodable::Unknown { .. })
        ));
        assert!(matches!(
            Event::decode("Posted", newest_version("Posted") + 1, "{}", None),
            Err(Undecodable::Unknown { .. })
        ));
        assert!(matches!(
            Event::decode("Posted", 0, "{}", None),
            Err(Undecodable::Unknown { .. })
        ));
        assert!(matches!(
            Event::decode("Posted", 1, "{}", None),
            Err(Undecodable::Damaged { .. })
        ));
    }
}
