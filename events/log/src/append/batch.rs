//! Deciding a batch: one submission after the other on the same facts. Pure.

use tenfold_core::decide::{Decision, decide};
use tenfold_core::event::Event;
use tenfold_core::facts::{Change, Facts};
use tenfold_core::ids::{AccountId, CommandId, Position};
use tenfold_core::refusal::RefusalCode;

use super::repeated::Repeated;
use super::{Beside, Outcome, Submission, SubmitError};

/// An event to be recorded.
pub(super) struct Entry {
    pub command: CommandId,
    pub digest: Option<i64>,
    pub ordinal: i16,
    pub actor: Option<AccountId>,
    pub version: i64,
    pub event: Event,
}

/// What a submission came to, as soon as its batch is recorded.
pub(super) enum Verdict {
    /// Its outcome does not hang on the batch.
    Settled(Result<Outcome, SubmitError>),
    /// It happened; `last` is which of the batch's entries was its last.
    Happened { events: Vec<Event>, last: usize },
    /// It was refused, and `trace` is which of the entries says so.
    Refused { code: RefusalCode, trace: usize },
}

/// A decided batch.
#[derive(Default)]
pub(super) struct Decided {
    pub entries: Vec<Entry>,
    pub changes: Vec<Change>,
    pub beside: Vec<Beside>,
    /// Refused registrations whose ids are to be remembered.
    pub refused: Vec<(CommandId, i64, RefusalCode)>,
    /// One for each submission, in order.
    pub verdicts: Vec<Verdict>,
}

impl Decided {
    /// Decides `submissions` on `facts`, which are afterwards as they will be when the batch is recorded.
    pub fn decide<'a>(
        submissions: impl IntoIterator<Item = &'a Submission>,
        facts: &mut Facts,
        repeated: &Repeated,
    ) -> Decided {
        let mut decided = Decided::default();
        for submission in submissions {
            let verdict = match repeated.outcome(submission) {
                Some(outcome) => Verdict::Settled(Ok(outcome)),
                None => decided.take(submission, facts),
            };
            decided.verdicts.push(verdict);
        }
        decided
    }

    /// Whether every submission left something in the log, so that its versions prove what was decided.
    pub fn is_proved_by_versions(&self) -> bool {
        !self
            .verdicts
            .iter()
            .any(|verdict| matches!(verdict, Verdict::Settled(_)))
    }

    fn take(&mut self, submission: &Submission, facts: &mut Facts) -> Verdict {
        match decide(facts, &submission.intent, submission.fresh) {
            Decision::Turned(turned) => Verdict::Settled(Ok(Outcome::Turned(turned))),
            Decision::Refused(refusal, None) => {
                if let Some(digest) = submission.digest {
                    self.refused.push((submission.command, digest, refusal.code));
                }
                Verdict::Settled(Ok(Outcome::Refused {
                    code: refusal.code,
                    position: None,
                }))
            }
            Decision::Refused(refusal, Some(trace)) => match self.append(submission, facts, vec![trace]) {
                Ok(trace) => Verdict::Refused {
                    code: refusal.code,
                    trace,
                },
                Err(fault) => Verdict::Settled(Err(fault)),
            },
            Decision::Happened(events) => match self.append(submission, facts, events.clone()) {
                Ok(last) => {
                    self.beside.extend(
                        submission
                            .beside
                            .iter()
                            .filter(|beside| belongs(beside, &events))
                            .cloned(),
                    );
                    Verdict::Happened { events, last }
                }
                Err(fault) => Verdict::Settled(Err(fault)),
            },
        }
    }

    fn append(&mut self, submission: &Submission, facts: &mut Facts, events: Vec<Event>) -> Result<usize, SubmitError> {
        for (ordinal, event) in events.into_iter().enumerate() {
            let version = facts.version(event.stream().id()) + 1;
            let position = Position::provisional(self.entries.len());
            let changes = facts.apply(position, version, &event).map_err(|impossible| {
                tracing::error!(%impossible, "a decision does not fit the facts it was made on");
                SubmitError::Fault
            })?;
            self.changes.extend(changes);
            self.entries.push(Entry {
                command: submission.command,
                digest: submission.digest,
                ordinal: ordinal as i16,
                actor: submission.intent.account(),
                version,
                event,
            });
        }
        Ok(self.entries.len() - 1)
    }
}

/// A session's secret is written only where the session is a new one.
fn belongs(beside: &Beside, events: &[Event]) -> bool {
    match beside {
        Beside::Password { .. } => true,
        Beside::Secret { session: secret, .. } => events
            .iter()
            .any(|event| matches!(event, Event::SessionStarted { session, .. } if session == secret)),
    }
}
