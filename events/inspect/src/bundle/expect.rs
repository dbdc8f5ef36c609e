//! What the events of a bundle make.

use serde_json::Value;
use tenfold_core::event::Recorded;
use tenfold_core::facts::{Facts, Impossible};
use tenfold_core::ids::Position;

use tenfold_replay::fold::Folded;
use tenfold_replay::state::State;

/// Folds the events by this build's rules.
///
/// # Errors
/// The position of the first that is impossible, and why.
pub fn fold(events: &[Recorded]) -> Result<Folded, (Position, Impossible)> {
    let mut facts = Facts::default();
    for recorded in events {
        facts
            .fold(recorded.position, recorded.version, &recorded.event)
            .map_err(|cause| (recorded.position, cause))?;
    }
    let position = events.last().map_or(Position::START, |last| last.position);
    Ok(Folded { facts, position })
}

/// The state as `state --json` prints it.
pub fn expected(folded: &Folded) -> Value {
    serde_json::to_value(State::of(&folded.facts, folded.position)).unwrap_or_default()
}
