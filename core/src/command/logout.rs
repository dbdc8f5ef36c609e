//! `logout <user>`: ends the session, for every client that shares it.

use super::actor::Actor;
use super::name::{CommandName, WrongUsage};
use crate::event::{Event, SeatRelease, SessionEnd};
use crate::facts::Facts;
use crate::needs::{LockKey, LockMode, Needs};
use crate::protocol::exactly;

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
            acknowledged: None,
        }])
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::decide::Rejection;
    use crate::event::{Event, SeatRelease, SessionEnd};
    use crate::intent::Intent;
    use crate::testing::{ALICE, FIRST, assert_usage, given, read_any};

    fn released() -> Event {
        let (session, account, instance) = (ALICE.session(), ALICE.account(), FIRST.id());
        let reason = SeatRelease::Ended;
        Event::SeatReleased {
            session,
            account,
            instance,
            reason,
        }
    }

    fn ended(reason: SessionEnd) -> Event {
        let (session, account) = (ALICE.session(), ALICE.account());
        Event::SessionEnded {
            session,
            account,
            reason,
            acknowledged: None,
        }
    }

    #[test]
    fn it_takes_no_words_behind_the_user() {
        assert_eq!(read_any("logout \t"), Ok(None));
        assert_usage("logout", ["x", "x y"]);
    }

    #[test]
    fn it_ends_the_session_and_frees_the_seat() {
        given([ALICE.is_online()])
            .when(Intent::Logout(ALICE.actor()))
            .then([released(), ended(SessionEnd::Logout)])
            .when(Intent::Logout(ALICE.actor()))
            .then_rejected(Rejection::NotLoggedIn);
    }

    #[test]
    fn a_session_without_a_seat_ends_too() {
        given([ALICE.has_session()])
            .when(Intent::Logout(ALICE.actor()))
            .then([ended(SessionEnd::Logout)]);
    }

    #[test]
    fn a_session_that_nobody_used_expires() {
        given([ALICE.has_session()])
            .when(Intent::Expire(ALICE.actor()))
            .then([ended(SessionEnd::Expired)])
            .when(Intent::Expire(ALICE.actor()))
            .then_rejected(Rejection::NotLoggedIn);
    }
}
