//! What every command that changes something says of itself.

use uuid::Uuid;

use super::actor::Actor;
use crate::event::Event;
use crate::facts::Facts;
use crate::name;
use crate::needs::{LockKey, LockMode, Needs};
use crate::protocol::exactly;
use crate::refusal::Refusal;

/// A command for an application server that appends.
pub(super) trait ChangingCommand: Sized {
    /// Reads the words behind the user's; `None` where they are too few or too many.
    fn parse(rest: &str) -> Option<Self>;

    /// The name a refusal is about, as the person typed it.
    fn subject(&self) -> &str;

    /// What its decision rests on, beside the actor's own rows.
    fn needs(&self, actor: &Actor, needs: &mut Needs);

    /// Check 4, and what happens where it passes. `fresh` is an id that nothing has yet.
    ///
    /// # Errors
    /// The first check that fails.
    fn decide(&self, actor: &Actor, facts: &Facts, fresh: Uuid) -> Result<Event, Refusal>;
}

/// The one name behind the user's word.
pub(super) fn one_name(rest: &str) -> Option<String> {
    exactly(rest).map(|[name]| name::normal(name))
}

/// What joining or leaving the group called `group` needs.
pub(super) fn needs_membership(group: &str, actor: &Actor, needs: &mut Needs) {
    needs.groups.insert(group.to_owned());
    needs.memberships.insert((actor.account, group.to_owned()));
    // Exclusive, so that every message to the group is clearly before or after.
    needs.lock(LockKey::group(group), LockMode::Exclusive);
}

/// What changing what the actor and the user called `other` are to each other needs.
pub(super) fn needs_pair(other: &str, actor: &Actor, needs: &mut Needs) {
    needs.names.insert(other.to_owned());
    needs.pairs.insert((actor.account, other.to_owned()));
    needs.lock(LockKey::user(other), LockMode::Shared);
    needs.lock(LockKey::pair(&actor.name, other), LockMode::Exclusive);
}
