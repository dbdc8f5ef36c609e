//! `logout <user>`: ends the session, for every client that shares it.

use super::{Actor, CommandName, WrongUsage};
use crate::event::{Event, SeatRelease, SessionEnd};
use crate::facts::Facts;
use crate::needs::{LockKey, LockMode, Needs};
use crate::protocol::request::exactly;

pub(super) const USAGE: &str = "Usage: logout <user>";

/// To end the actor's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logout;

impl Logout {
    /// Reads the words behind the user's.
    ///
    /// # Errors
    /// [`WrongUsage`] where there are any.
    pub fn parse(rest: &str) -> Result<Logout, WrongUsage> {
        exactly(rest).map(|[]| Logout).ok_or(WrongUsage(CommandName::Logout))
    }
}

/// What ending a session needs, whatever ends it: that nobody is just finding it online.
pub(crate) fn needs_end(actor: &Actor, needs: &mut Needs) {
    needs.accounts.insert(actor.account);
    needs.lock(LockKey::user(&actor.name), LockMode::Exclusive);
}

/// The events of a live session's end.
pub(crate) fn end(actor: &Actor, facts: &Facts, reason: SessionEnd) -> Vec<Event> {
    let Actor { session, account, .. } = *actor;
    let seat = facts.seat_of(session);
    let released = seat.map(|seat| Event::SeatReleased {
        session,
        account,
        instance: seat.instance,
        reason: SeatRelease::Ended,
    });
    released
        .into_iter()
        .chain([Event::SessionEnded {
            session,
            account,
            reason,
        }])
        .collect()
}
