//! `change-password <user> <old> <new>`: another password, and with it another session, so that whoever came in with the old one is out.

use super::actor::Actor;
use super::logout;
use super::name::{CommandName, WrongUsage};
use crate::event::{Event, SessionEnd};
use crate::facts::Facts;
use crate::ids::SessionId;
use crate::protocol::exactly;

/// The command as typed, behind the user.
#[derive(Clone, PartialEq, Eq)]
pub struct ChangePassword {
    /// To be verified.
    pub old: String,
    /// A password.
    pub new: String,
}

impl ChangePassword {
    /// Reads the words behind the user's.
    ///
    /// # Errors
    /// [`WrongUsage`] where they are not two.
    pub fn parse(rest: &str) -> Result<ChangePassword, WrongUsage> {
        let [old, new] = exactly(rest).ok_or(WrongUsage(CommandName::ChangePassword))?;
        Ok(ChangePassword {
            old: old.into(),
            new: new.into(),
        })
    }
}

/// The events of a live session's end and the beginning of the one called `next`, which has its seat.
pub(crate) fn decide(actor: &Actor, facts: &Facts, next: SessionId) -> Vec<Event> {
    let account = actor.account;
    let mut events = logout::end(actor, facts, SessionEnd::Password);
    events.push(Event::PasswordChanged { account });
    events.push(Event::SessionStarted {
        session: next,
        account,
        waited_ms: None,
    });
    events.extend(facts.seat_of(actor.session).map(|seat| Event::SeatTaken {
        session: next,
        account,
        instance: seat.instance,
        number: seat.number,
        seats: seat.seats,
    }));
    events
}

#[cfg(test)]
mod tests {
    use super::ChangePassword;
    use crate::decide::Rejection;
    use crate::event::{Event, SeatRelease, SessionEnd};
    use crate::intent::Intent;
    use crate::testing::{ALICE, BOB, FIRST, assert_usage, given};

    fn change() -> Intent {
        let (actor, next) = (ALICE.actor(), BOB.session());
        Intent::ChangePassword { actor, next }
    }

    fn next_begins() -> [Event; 2] {
        let (session, account) = (BOB.session(), ALICE.account());
        let started = Event::SessionStarted {
            session,
            account,
            waited_ms: None,
        };
        [Event::PasswordChanged { account }, started]
    }

    fn ended() -> Event {
        Event::SessionEnded {
            session: ALICE.session(),
            account: ALICE.account(),
            reason: SessionEnd::Password,
            acknowledged: None,
        }
    }

    #[test]
    fn it_takes_two_passwords() {
        let read = ChangePassword::parse(" old\tnew ").unwrap();
        assert_eq!((read.old.as_str(), read.new.as_str()), ("old", "new"));
        assert_usage("change-password", ["", "old", "old my new"]);
    }

    #[test]
    fn the_session_is_another_one_and_the_seat_stays() {
        let (account, instance) = (ALICE.account(), FIRST.id());
        let seat = (given([ALICE.is_online()]).facts.seat_of(ALICE.session()).copied()).unwrap();
        let released = Event::SeatReleased {
            session: ALICE.session(),
            account,
            instance,
            reason: SeatRelease::Ended,
        };
        let taken = Event::SeatTaken {
            session: BOB.session(),
            account,
            instance,
            number: seat.number,
            seats: seat.seats,
        };
        let [changed, started] = next_begins();
        given([ALICE.is_online()])
            .when(change())
            .then([released, ended(), changed, started, taken])
            .when(Intent::Logout(ALICE.actor()))
            .then_rejected(Rejection::NotLoggedIn);
    }

    #[test]
    fn a_session_without_a_seat_gets_none() {
        let [changed, started] = next_begins();
        given([ALICE.has_session()])
            .when(change())
            .then([ended(), changed, started]);
    }

    #[test]
    fn who_is_not_logged_in_changes_nothing() {
        given([ALICE.is_registered()])
            .when(change())
            .then_rejected(Rejection::NotLoggedIn);
    }
}
