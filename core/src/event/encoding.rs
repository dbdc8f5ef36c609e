//! Events to columns and back. `data` never holds what identifies or was written by a person; `personal` holds only that.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use serde::Deserialize;
use serde::de::{Deserializer as _, MapAccess, Visitor};

use super::free_text::KINDS;
use super::kind_and_fields::KindAndFields;
use super::kinds::Event;
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
    /// The personal texts, as a JSON object; none where the kind has no such field.
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

impl Undecodable {
    /// The kind as written.
    pub fn kind(&self) -> &str {
        match self {
            Undecodable::Unknown { kind, .. } | Undecodable::Damaged { kind, .. } => kind,
        }
    }
}

/// Reads the personal column into the event that it belongs to.
struct Unsealing<'e>(&'e mut Event);

/// A field's name, where it stands.
#[derive(Deserialize)]
struct Field<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for Unsealing<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of personal texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(Field(name)) = fields.next_key()? {
            let mut value: Option<String> = Some(fields.next_value()?);
            self.0.for_each_text_mut(|text| {
                if text.category.is_personal() && text.field == name {
                    *text.value = value.take().unwrap_or_default();
                }
            });
        }
        Ok(())
    }
}

impl Event {
    /// The event as the log's columns.
    pub fn encode(&self) -> Encoded {
        let kind = self.kind();
        // serde writes {"Kind":{…}}; the kind has a column of its own.
        let tagged = serde_json::to_string(self).expect("an event has nothing that JSON cannot say");
        let data = tagged[kind.len() + 4..tagged.len() - 1].to_owned();
        Encoded {
            kind,
            version: newest_version(kind),
            data,
            personal: self.encode_personal(),
        }
    }

    fn encode_personal(&self) -> Option<String> {
        let mut object = String::new();
        self.for_each_text(|text| {
            if text.category.is_personal() {
                let value = serde_json::to_string(text.value).expect("a text is always JSON");
                object.push(if object.is_empty() { '{' } else { ',' });
                let _ = write!(object, "\"{}\":{value}", text.field);
            }
        });
        (!object.is_empty()).then(|| object + "}")
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
        if let Some(personal) = personal.filter(|_| event.personal().is_some()) {
            let mut json = serde_json::Deserializer::from_str(personal);
            json.deserialize_map(Unsealing(&mut event))?;
            json.end()?;
        }
        Ok(event)
    }
}

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
