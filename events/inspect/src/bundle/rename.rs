//! Names and texts replaced by invented ones: the same always by the same, so that the events still tell the same story.

use std::collections::HashMap;

use tenfold_core::event::Event;

/// What has been invented so far.
#[derive(Clone, Debug, Default)]
pub struct Renaming {
    people: HashMap<String, String>,
    groups: HashMap<String, String>,
    texts: HashMap<String, String>,
    hosts: HashMap<String, String>,
}

impl Renaming {
    /// Replaces everything in the event that tells of people, and where servers are.
    pub fn rename(&mut self, event: &mut Event) {
        match event {
            Event::AccountRegistered { name, .. } => replace(&mut self.people, "person-", name),
            Event::GroupCreated { name, .. } => replace(&mut self.groups, "group-", name),
            Event::Posted { text, .. } | Event::MessageSent { text, .. } | Event::GroupMessageSent { text, .. } => {
                replace(&mut self.texts, "text ", text);
            }
            Event::InstanceReady { host: Some(host), .. } => replace(&mut self.hosts, "host-", host),
            Event::InstanceLaunched { reference, .. } => replace(&mut self.hosts, "launched-", reference),
            Event::InstanceTerminated { reason, .. } | Event::InstanceLost { reason, .. } => {
                replace(&mut self.hosts, "reason ", reason);
            }
            _ => {}
        }
    }
}

fn replace(known: &mut HashMap<String, String>, beginning: &str, text: &mut String) {
    let next = format!("{beginning}{}", known.len() + 1);
    *text = known.entry(std::mem::take(text)).or_insert(next).clone();
}

#[cfg(test)]
mod tests {
    use tenfold_core::ids::AccountId;
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
