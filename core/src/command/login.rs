//! `login <id> <password>`: opens the account's one session, or comes back to it.

use super::{CommandName, WrongUsage};
use crate::decide::Turned;
use crate::event::Event;
use crate::facts::Facts;
use crate::ids::{AccountId, SessionId};
use crate::needs::{LockKey, LockMode, Needs};
use crate::protocol::request::exactly;

pub(super) const USAGE: &str = "Usage: login <id> <password>";

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
            name: name.into(),
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

    pub(crate) fn decide(&self, facts: &Facts) -> Result<Vec<Event>, Turned> {
        let account = self.account;
        // Deleted since its password was verified.
        facts.account(account).ok_or(Turned::Gone)?;
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
            },
        };
        let seated = take_seat(facts, session.unwrap_or(self.session), account).ok_or(Turned::NoFreeSeat)?;
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
