//! Finding the event after which a condition turned.
//!
//! A condition may turn to and fro any number of times, so that halving the log would find *some* turn and not the first.
//! Therefore the log is folded once, from the beginning of the range, and the condition is decided anew after each event
//! that changed a row it looks at ([`crate::condition::Watch`]): what is found is the first turn, always.

use tenfold_core::event::Event;
use tenfold_core::ids::Position;
use tenfold_log::database::Client;

use crate::condition::{Condition, Watch};
use crate::past::{self, PastError};
use tenfold_log::span::{Span, high_water_mark};
use tenfold_replay::fold::{self, Counter, Entry, Folded, ReplayError};

/// How far is read before it is asked whether that was enough.
const STRIDE: i64 = 250_000;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Question {
    /// The condition.
    pub condition: Condition,
    /// Whether it is to begin (or else to cease) to hold.
    pub to_hold: bool,
    /// Whether the last such turn is wanted and not the first.
    pub last: bool,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Whether the condition held before the first event of the range.
    pub held_before: bool,
    /// Whether it holds after the last event that was looked at.
    pub holds_after: bool,
    /// The turn, if there was one.
    pub turn: Option<Turn>,
    /// Names in the condition that nobody had at any time in the range.
    pub nobody: Vec<String>,
}

/// The event after which the condition is what it was not before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Where.
    pub position: Position,
    /// What happened.
    pub event: Event,
    /// Which rules are broken since, where the condition is about them.
    pub faults: Vec<String>,
}

/// The state of the search while it goes on.
struct Search {
    folded: Folded,
    watch: Watch,
    question: Question,
    turn: Option<Turn>,
    /// Names that nobody has had so far.
    nobody: Vec<String>,
}

/// Looks for the turn in `span`.
///
/// # Errors
/// Where the log cannot be replayed.
pub async fn bisect(client: &Client, span: Span, question: Question, counter: &Counter) -> Result<Answer, PastError> {
    let folded = past::folded(client, span.after).await?;
    let mut search = Search::begin(folded, question);
    let held_before = search.watch.holds();
    let (mut after, end) = (span.after, span.until.min(high_water_mark(client).await?));
    while after < end && !search.is_over() {
        let until = Position(after.0 + STRIDE).min(end);
        search = fold::replay(client, Span { after, until }, search, counter, Search::step).await?;
        after = until;
    }
    Ok(Answer {
        held_before,
        holds_after: search.watch.holds(),
        turn: search.turn,
        nobody: search.nobody,
    })
}

impl Search {
    fn begin(folded: Folded, question: Question) -> Search {
        let watch = Watch::begin(&question.condition, &folded.facts);
        let people = question.condition.atoms().into_iter().flat_map(|atom| atom.people());
        let unknown = people.filter(|who| who.account(&folded.facts).is_none());
        let mut nobody: Vec<String> = unknown.map(|who| who.0.clone()).collect();
        nobody.sort_unstable();
        nobody.dedup();
        Search {
            folded,
            watch,
            question,
            turn: None,
            nobody,
        }
    }

    fn is_over(&self) -> bool {
        self.turn.is_some() && !self.question.last
    }

    fn step(&mut self, entry: &Entry) -> Result<(), ReplayError> {
        if self.is_over() {
            return Ok(());
        }
        let Entry {
            position,
            version,
            ref event,
        } = *entry;
        self.folded.position = position;
        let changes = self.folded.facts.apply(position, version, event);
        let changes = changes.map_err(|cause| ReplayError::Impossible { position, cause })?;
        if let Event::AccountRegistered { account, name } = event {
            let id = account.to_string();
            self.nobody.retain(|nobody| nobody != name && *nobody != id);
        }
        let held = self.watch.holds();
        let holds = self.watch.step(&self.folded.facts, &changes);
        if held != holds && holds == self.question.to_hold {
            self.turn = Some(Turn {
                position,
                event: event.clone(),
                faults: self.watch.faults(),
            });
        }
        Ok(())
    }
}
