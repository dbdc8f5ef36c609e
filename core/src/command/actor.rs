//! Who gives a command.

use crate::ids::{AccountId, SessionId};

/// Who gives a command: the account of a live session. All of it stays the same for as long as the session lives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Actor {
    /// The session.
    pub session: SessionId,
    /// Its account.
    pub account: AccountId,
    /// The account's name.
    pub name: String,
}
