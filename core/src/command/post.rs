//! `post <user> <message>`: writes something for one's friends to read.

use super::Actor;
use crate::event::Event;
use crate::protocol::request::words_and_message;

pub(super) const USAGE: &str = "Usage: post <user> <message>";

/// A post. It rests on nothing but its author's own session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The text.
    pub text: String,
}

impl Post {
    pub(super) fn parse(rest: &str) -> Option<Post> {
        words_and_message(rest).map(|([], text)| Post { text: text.into() })
    }

    pub(super) fn decide(&self, actor: &Actor) -> Event {
        Event::Posted {
            author: actor.account,
            text: self.text.clone(),
        }
    }
}
