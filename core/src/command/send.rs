//! `send <user> <friend> <message>`: writes to a friend who is online.

use super::Actor;
use crate::event::Event;
use crate::facts::{Facts, PairState};
use crate::needs::{LockKey, LockMode, Needs};
use crate::protocol::request::words_and_message;
use crate::refusal::{Refusal, RefusalCode};

pub(super) const USAGE: &str = "Usage: send <user> <friend> <message>";

/// A message to the user called `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// A name.
    pub to: String,
    /// The text.
    pub text: String,
}

impl Send {
    pub(super) fn parse(rest: &str) -> Option<Send> {
        words_and_message(rest).map(|([to], text)| Send {
            to: to.into(),
            text: text.into(),
        })
    }

    pub(super) fn needs(&self, actor: &Actor, needs: &mut Needs) {
        needs.names.insert(self.to.clone());
        needs.pairs.insert((actor.account, self.to.clone()));
        needs.lock(LockKey::user(&self.to), LockMode::Shared);
        needs.lock(LockKey::pair(&actor.name, &self.to), LockMode::Shared);
    }

    pub(super) fn decide(&self, actor: &Actor, facts: &Facts) -> Result<Event, Refusal> {
        let to = facts.account_named(&self.to).ok_or(RefusalCode::NoSuchUser)?.id;
        let friends = facts
            .pair(actor.account, to)
            .is_some_and(|pair| pair.state == PairState::Friends);
        if !friends {
            return Err(Refusal::about(RefusalCode::NotYourFriend, to.0));
        }
        if facts.session_of(to).is_none() {
            return Err(Refusal::about(RefusalCode::NotOnline, to.0));
        }
        Ok(Event::MessageSent {
            from: actor.account,
            to,
            text: self.text.clone(),
        })
    }
}
