//! `post <user> <message>`: writes something for one's friends to read.

use uuid::Uuid;

use super::actor::Actor;
use super::changing::ChangingCommand;
use crate::event::Event;
use crate::facts::Facts;
use crate::needs::Needs;
use crate::protocol::words_and_message;
use crate::refusal::Refusal;

/// A post. It rests on nothing but its author's own session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The text.
    pub text: String,
}

impl ChangingCommand for Post {
    fn parse(rest: &str) -> Option<Self> {
        words_and_message(rest).map(|([], text)| Post { text: text.into() })
    }

    fn subject(&self) -> &str {
        ""
    }

    fn needs(&self, _: &Actor, _: &mut Needs) {}

    fn decide(&self, actor: &Actor, _: &Facts, _: Uuid) -> Result<Event, Refusal> {
        Ok(Event::Posted {
            author: actor.account,
            text: self.text.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::command::{Changing, Post};
    use crate::event::Event;
    use crate::testing::{ALICE, assert_usage, given, read};

    #[test]
    fn the_message_is_the_rest_of_the_line_as_it_was_typed() {
        for (line, text) in [
            ("post hi", "hi"),
            ("post \t hi  \t you\t ", "hi  \t you"),
            ("post \u{a0}", "\u{a0}"),
        ] {
            let text = text.to_owned();
            assert_eq!(read(line), Ok(Changing::Post(Post { text })));
        }
        assert_usage("post", ["", " ", "\t\t"]);
    }

    #[test]
    fn a_post_needs_no_friends() {
        let (author, text) = (ALICE.account(), "hello there".to_owned());
        given([ALICE.is_online()])
            .when(ALICE.types("post hello there"))
            .then([Event::Posted { author, text }]);
    }
}
