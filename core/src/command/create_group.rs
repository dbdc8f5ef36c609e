//! `create-group <user> <group>`: makes a group; its creator is a member.

use uuid::Uuid;

use super::Actor;
use crate::event::Event;
use crate::facts::Facts;
use crate::ids::GroupId;
use crate::needs::{LockKey, LockMode, Needs};
use crate::protocol::request::exactly;
use crate::refusal::{Refusal, RefusalCode};

pub(super) const USAGE: &str = "Usage: create-group <user> <group>";

/// A group called `group`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateGroup {
    /// A name.
    pub group: String,
}

impl CreateGroup {
    pub(super) fn parse(rest: &str) -> Option<CreateGroup> {
        exactly(rest).map(|[group]| CreateGroup { group: group.into() })
    }

    pub(super) fn needs(&self, needs: &mut Needs) {
        needs.groups.insert(self.group.clone());
        needs.lock(LockKey::group(&self.group), LockMode::Exclusive);
    }

    pub(super) fn decide(&self, actor: &Actor, facts: &Facts, fresh: Uuid) -> Result<Event, Refusal> {
        crate::name::check(&self.group).map_err(|_| RefusalCode::BadName)?;
        if let Some(group) = facts.group_named(&self.group) {
            return Err(Refusal::about(RefusalCode::GroupExists, group.id.0));
        }
        let (group, name) = (GroupId(fresh), self.group.clone());
        Ok(Event::GroupCreated {
            group,
            name,
            creator: actor.account,
        })
    }
}
