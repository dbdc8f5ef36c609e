//! What a replay gives, event by event, and how far it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tenfold_core::event::Event;
use tenfold_core::ids::Position;

/// An event as a fold needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the log.
    pub position: Position,
    /// Its place in its stream.
    pub version: i64,
    /// What happened.
    pub event: Event,
}

/// How many events a replay has been through, for whoever shows it to a person.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// How many by now.
    pub fn events(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// So many more.
    pub fn add(&self, events: u64) {
        self.0.fetch_add(events, Ordering::Relaxed);
    }
}
