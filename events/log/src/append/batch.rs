//! A batch on its way from its submissions to what is written: decided, one submission after the other on the same facts,
//! and sealed. Pure.

use tenfold_core::decide::{Decision, decide};
use tenfold_core::event::{Encoded, Event};
use tenfold_core::facts::{Change, Facts, Row};
use tenfold_core::ids::{AccountId, CommandId, Position};
use tenfold_core::intent::Intent;
use tenfold_core::needs::Needs;
use tenfold_core::refusal::RefusalCode;
use uuid::Uuid;

use super::remembered::Memory;
use super::repeated::Repeated;
use super::submission::{OperationalRow, Outcome, Submission, SubmitError};
use crate::integrity::{Chain, EventColumns};
use crate::sealing::{DataKey, Keys, SealContext, UnsealableError};

/// What is to be looked up about command ids.
#[derive(Default)]
pub(super) struct Ids {
    /// Of all commands.
    pub commands: Vec<Uuid>,
    /// Of registrations, whose refusals are in an operational table.
    pub registrations: Vec<Uuid>,
}

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
    /// Its outcome does not depend on whether the batch is recorded.
    Final(Result<Outcome, SubmitError>),
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
    /// What is written to the operational tables.
    pub rows: Vec<OperationalRow>,
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
                Some(outcome) => Verdict::Final(Ok(outcome)),
                None => decided.decide_one(submission, facts),
            };
            decided.verdicts.push(verdict);
        }
        decided
    }

    /// Whether every submission left something in the log, so that its versions prove what was decided.
    pub fn is_proved_by_versions(&self) -> bool {
        !self.verdicts.iter().any(|verdict| matches!(verdict, Verdict::Final(_)))
    }

    /// Whether it is one statement, so that it needs no transaction around it; provided that nobody needs a new key.
    fn is_one_statement(&self) -> bool {
        self.rows.is_empty()
            && self.refused.is_empty()
            && self
                .changes
                .iter()
                .all(|change| matches!(change, Change::Put(Row::Post(_))))
            && !self.entries.iter().any(|entry| writes_operational_rows(&entry.event))
    }

    fn decide_one(&mut self, submission: &Submission, facts: &mut Facts) -> Verdict {
        match decide(facts, &submission.intent, submission.fresh) {
            Decision::Rejected(rejection) => Verdict::Final(Ok(Outcome::Rejected(rejection))),
            Decision::Refused(refusal, None) => {
                if let Some(digest) = submission.digest {
                    self.refused.push((submission.command, digest, refusal.code));
                }
                Verdict::Final(Ok(Outcome::Refused {
                    code: refusal.code,
                    position: None,
                }))
            }
            Decision::Refused(refusal, Some(trace)) => match self.append(submission, facts, vec![trace]) {
                Ok(trace) => Verdict::Refused {
                    code: refusal.code,
                    trace,
                },
                Err(fault) => Verdict::Final(Err(fault)),
            },
            Decision::Happened(events) => self.happened(submission, facts, events),
        }
    }

    fn happened(&mut self, submission: &Submission, facts: &mut Facts, events: Vec<Event>) -> Verdict {
        let observed = |event: Event| event.with_observed(&submission.observed);
        let events: Vec<Event> = events.into_iter().map(observed).collect();
        match self.append(submission, facts, events.clone()) {
            Ok(last) => {
                let rows = submission.rows.iter().filter(|row| belongs(row, &events));
                self.rows.extend(rows.cloned());
                Verdict::Happened { events, last }
            }
            Err(fault) => Verdict::Final(Err(fault)),
        }
    }

    fn append(&mut self, submission: &Submission, facts: &mut Facts, events: Vec<Event>) -> Result<usize, SubmitError> {
        for (ordinal, event) in events.into_iter().enumerate() {
            let version = facts.version(event.stream().id()) + 1;
            let position = Position::provisional(self.entries.len());
            let changes = facts.apply(position, version, &event).map_err(|impossible| {
                let span = &submission.span;
                tracing::error!(parent: span, %impossible, "a decision does not fit the facts it was made on; report this");
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
fn belongs(row: &OperationalRow, events: &[Event]) -> bool {
    match row {
        OperationalRow::Password { .. } => true,
        OperationalRow::Secret { session: secret, .. } => events
            .iter()
            .any(|event| matches!(event, Event::SessionStarted { session, .. } if session == secret)),
    }
}

/// Whether presence, secrets, passwords or keys change with it.
fn writes_operational_rows(event: &Event) -> bool {
    matches!(
        event,
        Event::SessionStarted { .. }
            | Event::SessionResumed { .. }
            | Event::SeatTaken { .. }
            | Event::SessionEnded { .. }
            | Event::AccountDeleted { .. }
    )
}

/// A batch that is decided, with what that rests on.
pub(super) struct Ready {
    pub decided: Decided,
    /// As they are when it is recorded.
    pub facts: Facts,
    pub keys: Keys,
    /// The last MACs of the streams; when it is sealed, as they are when it is recorded.
    pub chain: Chain,
}

impl Ready {
    /// As it is written; nothing where a key cannot be unwrapped.
    pub fn sealed(&mut self) -> Option<Sealed> {
        seal(&self.decided, &mut self.keys, &mut self.chain)
            .inspect_err(|error| tracing::error!(%error, "a batch cannot be sealed; check that the key of this account is the one it was registered with"))
            .ok()
    }
}

/// An event as it is written.
pub(super) struct Written {
    pub id: Uuid,
    pub encoded: Encoded,
    pub sealed: Option<Vec<u8>>,
    /// As the append functions take it.
    pub mac: Option<Vec<u8>>,
}

/// A batch as it is written.
#[derive(Default)]
pub(super) struct Sealed {
    /// One for each of the batch's entries.
    pub events: Vec<Written>,
    /// Accounts that had no key, and the wrapped keys they have got.
    pub new_keys: (Vec<Uuid>, Vec<Vec<u8>>),
}

/// Seals what `decided` has to be recorded. An account that has no key gets one: one that is just being registered, or one
/// whose key is in no backup that was brought back.
///
/// # Errors
/// [`UnsealableError`] where a key cannot be unwrapped; nothing may be written then.
pub(super) fn seal(decided: &Decided, keys: &mut Keys, chain: &mut Chain) -> Result<Sealed, UnsealableError> {
    let mut sealed = Sealed::default();
    for entry in &decided.entries {
        let written = sealed.write(entry, keys, chain)?;
        sealed.events.push(written);
    }
    Ok(sealed)
}

impl Sealed {
    fn write(&mut self, entry: &Entry, keys: &mut Keys, chain: &mut Chain) -> Result<Written, UnsealableError> {
        let (id, stream) = (Uuid::now_v7(), entry.event.stream().id());
        let mut encoded = entry.event.encode();
        let context = SealContext {
            id,
            stream,
            kind: encoded.kind,
        };
        let sealed = match encoded.personal.take() {
            Some(personal) => Some(self.key(stream, keys)?.seal(context, &personal)),
            None => None,
        };
        let mac = chain.next(&columns(entry, id, &encoded, sealed.as_deref()));
        Ok(Written {
            id,
            encoded,
            sealed,
            mac: mac.map(Vec::from),
        })
    }

    fn key<'k>(&mut self, account: Uuid, keys: &'k mut Keys) -> Result<&'k DataKey, UnsealableError> {
        if keys.get(account)?.is_none() {
            let wrapped = keys.generate(account)?;
            self.new_keys.0.push(account);
            self.new_keys.1.push(wrapped);
        }
        keys.get(account)?.ok_or(UnsealableError { account })
    }
}

/// The event's columns as they are stored.
fn columns<'a>(entry: &Entry, id: Uuid, encoded: &'a Encoded, sealed: Option<&'a [u8]>) -> EventColumns<'a> {
    EventColumns {
        id,
        stream: entry.event.stream().id(),
        version: entry.version,
        kind: encoded.kind,
        kind_version: encoded.version,
        command: entry.command.0,
        ordinal: entry.ordinal,
        digest: entry.digest,
        actor: entry.actor.map(|actor| actor.0),
        recipient: entry.event.recipient(),
        data: &encoded.data,
        personal: None,
        sealed,
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
    let (mut facts, keys, chain) = memory.recall(&needs.accounts)?;
    let decided = Decided::decide(submissions, &mut facts, &Repeated::default());
    let is_simple = decided.is_proved_by_versions() && decided.is_one_statement();
    is_simple.then_some(Ready {
        decided,
        facts,
        keys,
        chain,
    })
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
