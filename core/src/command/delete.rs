//! `delete <user>`: ends the session and the account, and frees its name.

use super::{Actor, CommandName, WrongUsage, logout};
use crate::event::{Event, SessionEnd};
use crate::facts::Facts;
use crate::needs::Needs;
use crate::protocol::request::exactly;

pub(super) const USAGE: &str = "Usage: delete <user>";

/// To delete the actor's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delete;

impl Delete {
    /// Reads the words behind the user's.
    ///
    /// # Errors
    /// [`WrongUsage`] where there are any.
    pub fn parse(rest: &str) -> Result<Delete, WrongUsage> {
        exactly(rest).map(|[]| Delete).ok_or(WrongUsage(CommandName::Delete))
    }
}

pub(crate) fn needs(actor: &Actor, needs: &mut Needs) {
    logout::needs_end(actor, needs);
}

pub(crate) fn decide(actor: &Actor, facts: &Facts) -> Vec<Event> {
    let mut events = logout::end(actor, facts, SessionEnd::Deleted);
    events.push(Event::AccountDeleted { account: actor.account });
    events
}
