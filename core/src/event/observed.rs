//! What was seen outside the log while something was decided. It changes no decision, and stands in the events for whoever looks for
//! what happened.

use std::time::Duration;

use super::Event;
use crate::ids::Position;

/// What is known besides the facts; nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// How long a login has waited for a seat; none where there was one at once.
    pub waited: Option<Duration>,
    /// Up to where the session's clients have acknowledged.
    pub acknowledged: Option<Position>,
}

impl Event {
    /// The event with what was observed.
    #[must_use]
    pub fn with_observed(mut self, observed: &Observed) -> Event {
        match &mut self {
            Event::SessionStarted { waited_ms, .. } => {
                let milliseconds = |waited: Duration| u32::try_from(waited.as_millis()).unwrap_or(u32::MAX);
                *waited_ms = observed.waited.map(milliseconds);
            }
            Event::SessionEnded { acknowledged, .. } => *acknowledged = observed.acknowledged,
            _ => {}
        }
        self
    }
}
