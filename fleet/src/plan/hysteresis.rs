//! Hysteresis: a condition counts only when it has held for a while.

use std::time::Duration;

/// Remembers since when a condition has held. The reconciler keeps one for
/// [`super::has_surplus`] and puts what it answers into [`super::FleetView::surplus_for`].
///
/// Whoever takes over the fleet starts with a new one: the worst is one settle time more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettleTimer {
    since: Option<Duration>,
}

impl SettleTimer {
    /// Takes note of whether the condition holds at `now`, and answers how long it has held without
    /// a break. `now` counts from any fixed moment and never goes back.
    pub fn observe(&mut self, now: Duration, holds: bool) -> Option<Duration> {
        if !holds {
            self.since = None;
            return None;
        }
        let since = *self.since.get_or_insert(now);
        Some(now.saturating_sub(since))
    }
}
