//! What happens in a simulation, in the order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use tenfold_core::ids::InstanceId;

/// Something that happens at a moment. Users are named by their number among the arrivals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// A user comes and wants a seat.
    Arrive(usize),
    /// A user's time is over.
    Leave(usize),
    /// A user who has waited since this moment has waited for long enough.
    GiveUp(usize, Duration),
    /// A server is ready to serve.
    Booted(InstanceId),
    /// A server dies.
    Crash(InstanceId),
    /// The reconciler looks at the fleet.
    Tick,
}

/// Events to come. Those of the same moment happen in the order they were added.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    events: BinaryHeap<Reverse<(Duration, u64, Event)>>,
    added: u64,
}

impl Agenda {
    pub(super) fn add(&mut self, at: Duration, event: Event) {
        self.added += 1;
        self.events.push(Reverse((at, self.added, event)));
    }

    pub(super) fn next(&mut self) -> Option<(Duration, Event)> {
        self.events.pop().map(|Reverse((at, _, event))| (at, event))
    }
}
