//! `login <id> <password>`: opens the account's one session, or comes back to it.

use super::name::{CommandName, WrongUsage};
use crate::event::Event;
use crate::facts::Facts;
use crate::ids::{AccountId, SessionId};
use crate::name;
use crate::needs::{LockKey, LockMode, Needs};
use crate::protocol::exactly;
use crate::rejection::Rejection;

/// The command as typed.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// A name.
    pub name: String,
    /// A password, to be verified.
    pub password: String,
}

impl Login {
    /// Reads the words behind the command's.
    ///
    /// # Errors
    /// [`WrongUsage`] where they are not two.
    pub fn parse(rest: &str) -> Result<Login, WrongUsage> {
        let [name, password] = exactly(rest).ok_or(WrongUsage(CommandName::Login))?;
        Ok(Login {
            name: name::normal(name),
            password: password.into(),
        })
    }
}

/// A login whose password was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// The account whose password it was.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// The session's id where a new one is opened.
    pub session: SessionId,
}

impl OpenSession {
    pub(crate) fn needs(&self, needs: &mut Needs) {
        needs.accounts.insert(self.account);
        needs.fleet = true;
        needs.lock(LockKey::user(&self.name), LockMode::Exclusive);
        needs.lock(LockKey::fleet(), LockMode::Exclusive);
    }

    pub(crate) fn decide(&self, facts: &Facts) -> Result<Vec<Event>, Rejection> {
        let account = self.account;
        // Deleted since its password was verified.
        facts.account(account).ok_or(Rejection::Gone)?;
        let session = facts.session_of(account).map(|session| session.id);
        let seat = session.and_then(|session| facts.seat_of(session));
        if let (Some(session), Some(seat)) = (session, seat) {
            return Ok(vec![Event::SessionResumed {
                session,
                account,
                instance: Some(seat.instance),
            }]);
        }
        let opening = match session {
            Some(session) => Event::SessionResumed {
                session,
                account,
                instance: None,
            },
            None => Event::SessionStarted {
                session: self.session,
                account,
                waited_ms: None,
            },
        };
        let seated = take_seat(facts, session.unwrap_or(self.session), account).ok_or(Rejection::NoFreeSeat)?;
        Ok(vec![opening, seated])
    }
}

/// The event of a session taking a free seat, where there is one.
pub(crate) fn take_seat(facts: &Facts, session: SessionId, account: AccountId) -> Option<Event> {
    let seat = facts.free_seat(None)?;
    Some(Event::SeatTaken {
        session,
        account,
        instance: seat.instance,
        number: seat.number,
        seats: seat.seats,
    })
}

#[cfg(test)]
mod tests {
    use super::{Login, OpenSession};
    use crate::decide::Rejection;
    use crate::event::Event;
    use crate::intent::Intent;
    use crate::testing::{ALICE, BOB, FIRST, SECOND, assert_usage, given, given_only};

    /// Alice's login, under a session id that is used where she has none.
    fn login() -> Intent {
        let (account, name, session) = (ALICE.account(), "alice".to_owned(), ALICE.session());
        Intent::OpenSession(OpenSession { account, name, session })
    }

    fn started() -> Event {
        let (session, account) = (ALICE.session(), ALICE.account());
        Event::SessionStarted {
            session,
            account,
            waited_ms: None,
        }
    }

    fn resumed(instance: Option<crate::ids::InstanceId>) -> Event {
        let (session, account) = (ALICE.session(), ALICE.account());
        Event::SessionResumed {
            session,
            account,
            instance,
        }
    }

    fn sits(number: u16) -> Event {
        ALICE.sits(FIRST, number, 10).remove(0)
    }

    #[test]
    fn it_takes_a_name_and_a_password() {
        let read = Login::parse(" alice\tsecret").unwrap();
        assert_eq!((read.name.as_str(), read.password.as_str()), ("alice", "secret"));
        assert_usage("login", ["", "alice", "alice my secret"]);
    }

    #[test]
    fn the_first_login_starts_a_session_and_takes_a_seat() {
        given([ALICE.is_registered()]).when(login()).then([started(), sits(0)]);
    }

    #[test]
    fn another_login_answers_with_the_same_session_and_seat() {
        let again = Intent::OpenSession(OpenSession {
            account: ALICE.account(),
            name: "alice".into(),
            session: BOB.session(),
        });
        given([ALICE.is_online()]).when(again).then([resumed(Some(FIRST.id()))]);
    }

    #[test]
    fn a_session_that_gave_up_its_seat_takes_one_again() {
        given([ALICE.has_session()])
            .when(login())
            .then([resumed(None), sits(0)]);
    }

    #[test]
    fn a_seat_is_kept_on_a_server_that_drains() {
        given([ALICE.is_online(), FIRST.drains(), SECOND.is_ready(10)])
            .when(login())
            .then([resumed(Some(FIRST.id()))]);
    }

    #[test]
    fn without_a_free_seat_nothing_happens_yet() {
        given_only([ALICE.is_registered()])
            .when(login())
            .then_rejected(Rejection::NoFreeSeat);
        given_only([ALICE.is_registered(), FIRST.is_requested(10)])
            .when(login())
            .then_rejected(Rejection::NoFreeSeat);
        given_only([
            FIRST.is_ready(1),
            BOB.has_session(),
            BOB.sits(FIRST, 0, 1),
            ALICE.is_registered(),
        ])
        .when(login())
        .then_rejected(Rejection::NoFreeSeat);
    }

    #[test]
    fn an_account_that_was_deleted_meanwhile_is_gone() {
        given([ALICE.is_registered(), ALICE.deleted_the_account()])
            .when(login())
            .then_rejected(Rejection::Gone);
    }
}
