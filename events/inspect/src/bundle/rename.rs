//! Names and texts replaced by invented ones: the same always by the same, so that the events still tell the same story.

use std::collections::HashMap;

use tenfold_core::event::{Category, Event};

/// What has been invented so far.
#[derive(Clone, Debug, Default)]
pub struct Renaming {
    invented: HashMap<Category, HashMap<String, String>>,
}

impl Renaming {
    /// Replaces every free text of the event: whatever tells of people, and where servers are.
    pub fn rename(&mut self, event: &mut Event) {
        event.for_each_text_mut(|text| {
            let invented = self.invented.entry(text.category).or_default();
            let next = format!("{}{}", beginning(text.category), invented.len() + 1);
            let original = std::mem::take(text.value);
            *text.value = invented.entry(original).or_insert(next).clone();
        });
    }
}

/// How what is invented begins; a number follows.
fn beginning(category: Category) -> &'static str {
    match category {
        Category::Name => "person-",
        Category::Text => "text ",
        Category::GroupName => "group-",
        Category::Host => "host-",
        Category::Reference => "launched-",
        Category::Reason => "reason ",
        Category::Options => "options ",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use serde::de::DeserializeOwned;
    use serde_json::Value;
    use tenfold_core::command::CommandName;
    use tenfold_core::event::{KINDS, SeatRelease, SessionEnd, newest_version};
    use tenfold_core::ids::AccountId;
    use tenfold_core::launch_failure::LaunchFailure;
    use tenfold_core::refusal::RefusalCode;
    use uuid::Uuid;

    use super::*;
    use crate::bundle::{expected, fold};
    use tenfold_synthetic::{Shape, Synthetic};

    #[test]
    fn the_same_is_always_called_the_same() {
        let mut renaming = Renaming::default();
        let mut renamed = |name: &str| {
            let account = AccountId(Uuid::nil());
            let mut event = Event::AccountRegistered {
                account,
                name: name.into(),
            };
            renaming.rename(&mut event);
            event.personal().map(|(_, name)| name.to_owned()).unwrap()
        };
        assert_eq!(
            [renamed("alice"), renamed("bob"), renamed("alice")],
            ["person-1", "person-2", "person-1"]
        );
    }

    /// Every version of every kind of event that was ever written, as its golden files have it.
    fn every_kind_of_event() -> Vec<Event> {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/tests/golden");
        let mut events = Vec::new();
        for kind in KINDS {
            for version in 1..=newest_version(kind) {
                let path = golden.join(format!("v{version}/{kind}.jsonl"));
                let lines =
                    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                events.extend(lines.lines().map(|line| {
                    let line: Value = serde_json::from_str(line).unwrap();
                    let personal = line.get("personal").filter(|personal| !personal.is_null());
                    let personal = personal.map(Value::to_string);
                    Event::decode(kind, version, &line["data"].to_string(), personal.as_deref()).unwrap()
                }));
            }
        }
        events
    }

    /// Every text in what is written of an event that is no id.
    fn texts(event: &Event) -> BTreeSet<String> {
        let encoded = event.encode();
        let columns = [Some(encoded.data), encoded.personal].into_iter().flatten();
        let fields = columns.flat_map(|column| serde_json::from_str::<BTreeMap<String, Value>>(&column).unwrap());
        let texts = fields.filter_map(|(_, value)| value.as_str().map(str::to_owned));
        texts.filter(|text| text.parse::<Uuid>().is_err()).collect()
    }

    /// Whether this is a word that this build put there, and nobody wrote.
    fn is_of_an_enumeration(text: &str) -> bool {
        fn is_one<T: DeserializeOwned>(text: &str) -> bool {
            serde_json::from_value::<T>(text.into()).is_ok()
        }
        is_one::<SessionEnd>(text)
            || is_one::<SeatRelease>(text)
            || is_one::<CommandName>(text)
            || is_one::<RefusalCode>(text)
            || is_one::<LaunchFailure>(text)
    }

    #[test]
    fn no_free_text_of_any_kind_is_left() {
        let mut renaming = Renaming::default();
        for mut event in every_kind_of_event() {
            let before = texts(&event);
            renaming.rename(&mut event);
            let left: Vec<String> = texts(&event).intersection(&before).cloned().collect();
            assert!(
                left.iter().all(|text| is_of_an_enumeration(text)),
                "{}: {left:?}",
                event.kind()
            );
        }
    }

    #[test]
    fn a_renamed_log_tells_the_same_story_without_a_word_of_the_first() {
        let mut events: Vec<_> = Synthetic::new(Shape::dense(8)).take(2000).collect();
        let before = expected(&fold(&events).unwrap());
        let mut renaming = Renaming::default();
        events
            .iter_mut()
            .for_each(|recorded| renaming.rename(&mut recorded.event));
        let after = expected(&fold(&events).unwrap());
        for list in ["accounts", "friends", "invites", "posts", "groups", "sessions"] {
            let count = |state: &serde_json::Value| state[list].as_array().unwrap().len();
            assert_eq!(count(&before), count(&after), "{list}");
        }
        for word in ["coffee", "meeting", "naïve", "nobody used it", "process", "10.0.0.7"] {
            let told: String = events.iter().map(|recorded| format!("{:?}", recorded.event)).collect();
            assert!(!told.contains(word), "{word}");
        }
    }
}
