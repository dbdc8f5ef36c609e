//! A batch on its way from its submissions to what is written.

use tenfold_core::facts::Facts;
use tenfold_core::intent::Intent;
use tenfold_core::needs::Needs;

use super::Submission;
use super::batch::Decided;
use super::gather::Ids;
use super::record::is_one_statement;
use super::remembered::Memory;
use super::repeated::Repeated;
use super::seal::{Sealed, seal};
use crate::sealing::Keys;

/// A batch that is decided, with what that rests on.
pub(super) struct Ready {
    pub decided: Decided,
    /// As they are when it is recorded.
    pub facts: Facts,
    pub keys: Keys,
}

impl Ready {
    /// As it is written; nothing where a key cannot be unwrapped.
    pub fn sealed(&mut self) -> Option<Sealed> {
        seal(&self.decided, &mut self.keys)
            .inspect_err(|error| tracing::error!(%error, "a batch cannot be sealed"))
            .ok()
    }
}

/// What all of them need together.
pub(super) fn needs_of<'a>(submissions: impl Iterator<Item = &'a Submission>) -> Needs {
    let mut all = Needs::default();
    for submission in submissions {
        all.join(submission.intent.needs());
    }
    all
}

/// A batch that rests on its actors' own streams only may be decided on what is remembered of them, where all of it
/// leaves something in the log whose version proves it.
pub(super) fn decide_from_memory<'a>(
    memory: &Memory,
    needs: &Needs,
    submissions: impl Iterator<Item = &'a Submission>,
) -> Option<Ready> {
    if !needs.are_own_streams_only() {
        return None;
    }
    let (mut facts, keys) = memory.recall(&needs.accounts)?;
    let decided = Decided::decide(submissions, &mut facts, &Repeated::default());
    let is_simple = decided.is_proved_by_versions() && is_one_statement(&decided);
    is_simple.then_some(Ready { decided, facts, keys })
}

/// Which command ids to look up: those that clients chose; after a try that may have been recorded, all.
pub(super) fn ids_of<'a>(submissions: impl Iterator<Item = &'a Submission>, tries: u32) -> Ids {
    let mut ids = Ids::default();
    for submission in submissions.filter(|submission| tries > 0 || submission.digest.is_some()) {
        ids.commands.push(submission.command.0);
        if matches!(submission.intent, Intent::Register(_)) {
            ids.registrations.push(submission.command.0);
        }
    }
    ids
}
