//! The fork folded in parallel with the log it comes from, before anything is written: what comes of it, and which events
//! cannot happen in it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use tenfold_core::decide::{Decision, decide};
use tenfold_core::event::{Event, Recorded};
use tenfold_core::facts::Facts;
use tenfold_core::ids::{AccountId, CommandId, EventId, Position};
use tenfold_log::database::Client;
use uuid::Uuid;

use super::edits::Edits;
use crate::event_kinds::preconditions;
use crate::preconditions::{Found, Requirement};
use crate::reader;
use tenfold_core::escape::escaped;
use tenfold_log::database::DatabaseError;
use tenfold_log::span::{Span, high_water_mark};
use tenfold_replay::fold::{self, Counter, Entry, ReplayError};
use tenfold_synthetic::typed;

/// Who gave a command, and what came of it.
type Outcome = (Option<AccountId>, Vec<Event>);

/// How far is read before it is asked whether to go on.
const STRIDE: i64 = 250_000;

/// What came of it.
#[derive(Debug, Default)]
pub struct Trial {
    /// The rows of the log as it is.
    pub original: Facts,
    /// The rows of the fork.
    pub forked: Facts,
    /// The position of the log's last event, and that of the fork's, which moves on with every event that is put in.
    pub ends: (Position, Position),
    /// How many events the log has.
    pub events: u64,
    /// Events that the fork cannot have. Where they are not to be left out the trial ends with the first.
    pub left_out: Vec<LeftOut>,
    /// Who had to take another seat on the same server, for in the fork somebody sits on theirs; where, and which.
    pub reseated: BTreeMap<Position, u16>,
    /// A command that could not be given where it was to be put in, and why.
    pub impossible: Option<(Position, String)>,
    /// Commands that were put in and refused: all that is of them in the fork is the event that says so.
    pub refused: Vec<Refused>,
    /// Positions of edits that have been met.
    pub met: BTreeSet<Position>,
    edits: Edits,
    go_on: bool,
    /// By how much positions in the fork are higher, for all that was put in before.
    shift: i64,
}

/// A command that was put in and refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Behind which event it was given.
    pub position: Position,
    /// As it was typed.
    pub command: String,
    /// What it leaves.
    pub event: Event,
}

/// An event that cannot happen in the fork.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Where.
    pub position: Position,
    /// What would have happened.
    pub event: Event,
    /// Why it cannot.
    pub why: Why,
    /// Whether it is one that was to be put in behind the event of that position.
    pub put_in: bool,
}

/// Why an event cannot be in the fork.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// This is not so in the fork.
    Unmet(Requirement),
    /// The fold refuses it.
    Impossible(String),
}

/// Folds `span`, as it is and as it would be. With `go_on`, events that cannot happen are left out of the fork;
/// without, the trial ends with the first.
///
/// # Errors
/// Where the log itself cannot be replayed.
pub async fn trial(
    client: &Client,
    span: Span,
    edits: Edits,
    go_on: bool,
    counter: &Counter,
) -> Result<Trial, ReplayError> {
    let mut trial = Trial {
        edits,
        go_on,
        ..Trial::default()
    };
    fold::prepare(client).await?;
    let (mut after, end) = (span.after, span.until.min(high_water_mark(client).await?));
    while after < end && !trial.is_over() {
        let until = Position(after.0 + STRIDE).min(end);
        trial = fold::replay(client, Span { after, until }, trial, counter, Trial::step).await?;
        after = until;
    }
    Ok(trial)
}

impl Trial {
    /// Everything by which the fork differs from the log.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub async fn edits_to_write(&self, client: &Client) -> Result<Edits, DatabaseError> {
        let mut edits = self.edits();
        let reseated = self
            .reseated
            .keys()
            .filter(|position| !edits.skipped.contains(position));
        let reseated: Vec<Position> = reseated.copied().collect();
        for raw in reader::read_at(client, &reseated).await? {
            // It was decoded when it was folded.
            let Ok(mut recorded) = raw.decode() else { continue };
            if let (Event::SeatTaken { number, .. }, Some(free)) =
                (&mut recorded.event, self.reseated.get(&recorded.position))
            {
                *number = *free;
            }
            edits.replaced.insert(recorded.position, recorded);
        }
        Ok(edits)
    }

    /// The edits it was made with, and with what was left out besides.
    pub fn edits(&self) -> Edits {
        let mut edits = self.edits.clone();
        for left in &self.left_out {
            if left.put_in {
                let put_in = edits.inserted.entry(left.position).or_default();
                let is_it = |recorded: &Recorded| recorded.event == left.event;
                put_in.iter().position(is_it).map(|index| put_in.remove(index));
            } else {
                edits.replaced.remove(&left.position);
                edits.skipped.insert(left.position);
            }
        }
        edits
    }

    fn is_over(&self) -> bool {
        self.impossible.is_some() || !self.go_on && !self.left_out.is_empty()
    }

    fn step(&mut self, entry: &Entry) -> Result<(), ReplayError> {
        if self.is_over() {
            return Ok(());
        }
        let (position, inserted) = (entry.position, self.edits.inserted.get(&entry.position).cloned());
        let wanted = self.wanted(entry).map(|event| self.seated(position, event));
        let prevented = wanted.as_ref().and_then(|event| self.prevented(event, position));
        let folded = self.original.fold(position, entry.version, &entry.event);
        self.events += 1;
        self.ends = (position, Position(position.0 + self.shift));
        match (wanted.filter(|_| folded.is_ok()), prevented) {
            (Some(event), Some(why)) => self.left_out.push(LeftOut {
                position,
                event,
                why,
                put_in: false,
            }),
            (Some(event), None) => drop(self.fold(position, event, false)),
            (None, _) => {}
        }
        for recorded in inserted.into_iter().flatten() {
            self.insert(position, recorded.event);
        }
        for (line, at) in self.edits.typed.get(&position).cloned().into_iter().flatten() {
            match self.carry_out(&line) {
                Ok(outcome) => self.put_in(position, at, &line, outcome),
                Err(why) => self.impossible = Some((position, format!("`{}`: {why}", escaped(&line)))),
            }
        }
        // What is impossible in the log already is left out of both; the edits beside it are made all the same.
        folded.map_err(|cause| ReplayError::Impossible { position, cause })
    }

    fn insert(&mut self, position: Position, event: Event) {
        self.met.insert(position);
        let before = self.ends.1;
        self.ends.1 = Position(position.0 + self.shift + 1);
        if self.fold(position, event, true) {
            self.shift += 1;
        } else {
            self.ends.1 = before;
        }
    }

    /// What comes of a command in the fork as it is by now.
    fn carry_out(&self, line: &str) -> Result<Outcome, String> {
        let intent = typed::intent(&self.forked, line, Uuid::now_v7())?;
        let intent = intent.ok_or("it only reads, and leaves no event")?;
        match decide(&self.forked, &intent, Uuid::now_v7()) {
            Decision::Happened(events) => Ok((intent.account(), events)),
            Decision::Refused(_, Some(trace)) => Ok((intent.account(), vec![trace])),
            Decision::Refused(refusal, None) => Err(format!("it is refused ({:?}) and leaves no event", refusal.code)),
            Decision::Rejected(rejection) => Err(typed::rejection(rejection).to_owned()),
        }
    }

    /// From now on these are events that were put in, like those that were given as such.
    fn put_in(&mut self, position: Position, at: DateTime<Utc>, line: &str, (actor, events): Outcome) {
        let command = CommandId(Uuid::now_v7());
        for (ordinal, event) in (0..).zip(events) {
            if let Event::CommandRefused { .. } = event {
                self.refused.push(Refused {
                    position,
                    command: line.to_owned(),
                    event: event.clone(),
                });
            }
            let recorded = Recorded {
                position,
                id: EventId(Uuid::now_v7()),
                version: 0,
                command,
                ordinal,
                actor,
                at,
                event: event.clone(),
            };
            self.edits.inserted.entry(position).or_default().push(recorded);
            self.insert(position, event);
        }
    }

    /// The event that the fork has instead of this one, if any.
    fn wanted(&mut self, entry: &Entry) -> Option<Event> {
        let position = entry.position;
        if self.edits.skipped.contains(&position) {
            self.met.insert(position);
            return None;
        }
        let Some(replaced) = self.edits.replaced.get(&position) else {
            return Some(entry.event.clone());
        };
        self.met.insert(position);
        Some(replaced.event.clone())
    }

    /// Which seat somebody gets hangs on who happens to sit there; in the fork they would have got another one.
    fn seated(&mut self, position: Position, mut event: Event) -> Event {
        if let Event::SeatTaken {
            instance,
            number,
            seats,
            ..
        } = &mut event
            && !self.edits.replaced.contains_key(&position)
            && self.forked.is_taken(*instance, *number)
            && !self.original.is_taken(*instance, *number)
            && let Some(free) = (0..*seats).find(|other| !self.forked.is_taken(*instance, *other))
        {
            self.reseated.insert(position, free);
            *number = free;
        }
        event
    }

    /// Whether it is possible.
    fn fold(&mut self, position: Position, event: Event, put_in: bool) -> bool {
        let version = self.forked.version(event.stream().id()) + 1;
        if let Err(cause) = self.forked.fold(self.ends.1, version, &event) {
            let why = Why::Impossible(cause.to_string());
            self.left_out.push(LeftOut {
                position,
                event,
                why,
                put_in,
            });
            return false;
        }
        true
    }

    /// The precondition that holds in the log and not in the fork. What somebody put in or changed is taken at their word, and
    /// a precondition that did not hold in the log already (another build may have had other rules) prevents nothing.
    fn prevented(&self, event: &Event, position: Position) -> Option<Why> {
        if self.met.is_empty() || self.edits.replaced.contains_key(&position) {
            return None;
        }
        let missing = |facts| {
            let all = preconditions(facts, event).into_iter();
            all.filter(|one| one.found == Found::Missing).map(|one| one.requirement)
        };
        let unmet_before: Vec<Requirement> = missing(&self.original).collect();
        missing(&self.forked)
            .find(|requirement| !unmet_before.contains(requirement))
            .map(Why::Unmet)
    }
}
