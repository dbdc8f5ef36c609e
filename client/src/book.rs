//! Who is logged in from this client.

use std::collections::HashMap;

use crate::event::Message;
use crate::session::Session;

/// The sessions by their users' names.
#[derive(Debug, Default)]
pub(crate) struct Book {
    sessions: HashMap<String, Session>,
    logins: u64,
}

impl Book {
    /// The session of `user`.
    pub fn get(&self, user: &str) -> Option<&Session> {
        self.sessions.get(user)
    }

    /// All sessions, in the order of their logins.
    pub fn all(&self) -> Vec<&Session> {
        let mut sessions: Vec<&Session> = self.sessions.values().collect();
        sessions.sort_by_key(|session| session.serial());
        sessions
    }

    /// A number that no session of this client has had.
    pub fn next_serial(&mut self) -> u64 {
        self.logins += 1;
        self.logins
    }

    /// Takes a session in, in place of an older one of the same user.
    pub fn insert(&mut self, session: Session) {
        self.sessions.insert(session.user().to_owned(), session);
    }

    /// The user has logged out or is no more.
    pub fn forget(&mut self, user: &str) {
        self.sessions.remove(user);
    }

    /// That session is over; the user may have another one by now.
    pub fn forget_serial(&mut self, user: &str, serial: u64) {
        if self.get(user).is_some_and(|session| session.serial() == serial) {
            self.forget(user);
        }
    }

    /// The message is on the screen.
    pub fn shown(&self, message: &Message) {
        if let Some(session) = self
            .get(&message.user)
            .filter(|session| session.serial() == message.serial)
        {
            session.shown(message.position);
        }
    }
}
