//! What the background tells the front.

use tenfold_core::ids::Position;

use crate::error::ClientError;

/// A message for one of the client's users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Whose session it came to.
    pub user: String,
    /// Which session of theirs; see [`crate::session::Session`].
    pub serial: u64,
    /// Who wrote it.
    pub from: String,
    /// To whom.
    pub to: Recipient,
    /// What.
    pub text: String,
    /// Its position in the log.
    pub position: Position,
}

/// Whom a message was sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// One user.
    User(String),
    /// All members of a group.
    Group(String),
}

/// Something that happened while the client was waiting.
#[derive(Debug)]
pub enum Event {
    /// Somebody wrote.
    Message(Message),
    /// A session is over.
    Ended {
        /// Whose.
        user: String,
        /// Which of theirs.
        serial: u64,
    },
    /// For the person at a terminal.
    Notice(String),
    /// There is no going on.
    GiveUp(ClientError),
}
