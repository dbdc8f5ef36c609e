//! `accept-invite <user> <id>`: makes friends of somebody's invite.

use super::Actor;
use crate::event::Event;
use crate::facts::{Facts, PairState};
use crate::needs::{LockKey, LockMode, Needs};
use crate::protocol::request::exactly;
use crate::refusal::{Refusal, RefusalCode};

pub(super) const USAGE: &str = "Usage: accept-invite <user> <id>";

/// The acceptance of the invite of the user called `from`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptInvite {
    /// A name.
    pub from: String,
}

impl AcceptInvite {
    pub(super) fn parse(rest: &str) -> Option<AcceptInvite> {
        exactly(rest).map(|[from]| AcceptInvite { from: from.into() })
    }

    pub(super) fn needs(&self, actor: &Actor, needs: &mut Needs) {
        needs.names.insert(self.from.clone());
        needs.pairs.insert((actor.account, self.from.clone()));
        needs.lock(LockKey::user(&self.from), LockMode::Shared);
        needs.lock(LockKey::pair(&actor.name, &self.from), LockMode::Exclusive);
    }

    pub(super) fn decide(&self, actor: &Actor, facts: &Facts) -> Result<Event, Refusal> {
        let from = facts.account_named(&self.from).ok_or(RefusalCode::DidNotInviteYou)?.id;
        match facts.pair(actor.account, from) {
            Some(pair) if pair.state == PairState::Invited && pair.inviter == from => Ok(Event::InviteAccepted {
                by: actor.account,
                from,
            }),
            _ => Err(Refusal::about(RefusalCode::DidNotInviteYou, from.0)),
        }
    }
}
