//! `send-group <user> <group> <message>`: writes to the members of a group who are online, oneself too.

use super::Actor;
use crate::event::Event;
use crate::facts::Facts;
use crate::needs::{LockKey, LockMode, Needs};
use crate::protocol::request::words_and_message;
use crate::refusal::{Refusal, RefusalCode};

pub(super) const USAGE: &str = "Usage: send-group <user> <group> <message>";

/// A message to the group called `group`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendGroup {
    /// A name.
    pub group: String,
    /// The text.
    pub text: String,
}

impl SendGroup {
    pub(super) fn parse(rest: &str) -> Option<SendGroup> {
        words_and_message(rest).map(|([group], text)| SendGroup {
            group: group.into(),
            text: text.into(),
        })
    }

    pub(super) fn needs(&self, actor: &Actor, needs: &mut Needs) {
        needs.groups.insert(self.group.clone());
        needs.memberships.insert((actor.account, self.group.clone()));
        needs.lock(LockKey::group(&self.group), LockMode::Shared);
    }

    pub(super) fn decide(&self, actor: &Actor, facts: &Facts) -> Result<Event, Refusal> {
        let group = facts.group_named(&self.group).ok_or(RefusalCode::NoSuchGroup)?.id;
        if !facts.is_member(group, actor.account) {
            return Err(Refusal::about(RefusalCode::NotMember, group.0));
        }
        Ok(Event::GroupMessageSent {
            from: actor.account,
            group,
            text: self.text.clone(),
        })
    }
}
