//! How far a rebuild is, for whoever watches it.

use std::sync::{Arc, Mutex, PoisonError};

use tenfold_core::ids::Position;

use crate::fold::Counter;

/// What a rebuild is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Looking around.
    #[default]
    Preparing,
    /// Folding the log up to there.
    Folding {
        /// The last position.
        until: Position,
    },
    /// Writing the shadow tables.
    Writing,
    /// Folding and writing what was appended meanwhile.
    CatchingUp,
    /// Waiting for its moment to put the new tables in place.
    Swapping,
}

/// Shared by a rebuild and its watcher.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    counter: Counter,
    phase: Arc<Mutex<Phase>>,
}

impl Progress {
    /// How many events have been folded.
    pub fn events(&self) -> u64 {
        self.counter.events()
    }

    /// What it is doing.
    pub fn phase(&self) -> Phase {
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn counter(&self) -> &Counter {
        &self.counter
    }

    pub(super) fn enter(&self, phase: Phase) {
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner) = phase;
    }
}
