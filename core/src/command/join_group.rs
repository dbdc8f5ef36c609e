//! `join-group <user> <group>`: becomes a member.

use super::Actor;
use crate::event::Event;
use crate::facts::Facts;
use crate::needs::{LockKey, LockMode, Needs};
use crate::protocol::request::exactly;
use crate::refusal::{Refusal, RefusalCode};

pub(super) const USAGE: &str = "Usage: join-group <user> <group>";

/// To be a member of the group called `group`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinGroup {
    /// A name.
    pub group: String,
}

impl JoinGroup {
    pub(super) fn parse(rest: &str) -> Option<JoinGroup> {
        exactly(rest).map(|[group]| JoinGroup { group: group.into() })
    }

    pub(super) fn needs(&self, actor: &Actor, needs: &mut Needs) {
        needs.groups.insert(self.group.clone());
        needs.memberships.insert((actor.account, self.group.clone()));
        // Exclusive, so that every message to the group is clearly before or after.
        needs.lock(LockKey::group(&self.group), LockMode::Exclusive);
    }

    pub(super) fn decide(&self, actor: &Actor, facts: &Facts) -> Result<Event, Refusal> {
        let group = facts.group_named(&self.group).ok_or(RefusalCode::GroupDoesNotExist)?.id;
        if facts.is_member(group, actor.account) {
            return Err(Refusal::about(RefusalCode::AlreadyMember, group.0));
        }
        Ok(Event::GroupJoined {
            group,
            account: actor.account,
        })
    }
}
