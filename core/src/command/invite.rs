//! `invite <user> <id>`: asks somebody to be friends.

use super::Actor;
use crate::event::Event;
use crate::facts::{Facts, PairState};
use crate::needs::{LockKey, LockMode, Needs};
use crate::protocol::request::exactly;
use crate::refusal::{Refusal, RefusalCode};

pub(super) const USAGE: &str = "Usage: invite <user> <id>";

/// An invite to the user called `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// A name.
    pub to: String,
}

impl Invite {
    pub(super) fn parse(rest: &str) -> Option<Invite> {
        exactly(rest).map(|[to]| Invite { to: to.into() })
    }

    pub(super) fn needs(&self, actor: &Actor, needs: &mut Needs) {
        needs.names.insert(self.to.clone());
        needs.pairs.insert((actor.account, self.to.clone()));
        needs.lock(LockKey::user(&self.to), LockMode::Shared);
        needs.lock(LockKey::pair(&actor.name, &self.to), LockMode::Exclusive);
    }

    pub(super) fn decide(&self, actor: &Actor, facts: &Facts) -> Result<Event, Refusal> {
        if self.to == actor.name {
            return Err(RefusalCode::InviteYourself.into());
        }
        let to = facts.account_named(&self.to).ok_or(RefusalCode::NoSuchInvitee)?.id;
        let refused = |code| Err(Refusal::about(code, to.0));
        match facts.pair(actor.account, to) {
            None => Ok(Event::InviteSent {
                from: actor.account,
                to,
            }),
            Some(pair) if pair.state == PairState::Friends => refused(RefusalCode::AlreadyFriend),
            Some(pair) if pair.inviter == actor.account => refused(RefusalCode::AlreadyInvited),
            Some(_) => refused(RefusalCode::HasInvitedYou),
        }
    }
}
