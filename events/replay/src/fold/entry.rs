//! What a replay gives, event by event, and how far it is.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tenfold_core::event::Event;
use tenfold_core::ids::Position;

/// How many damaged events are kept and reported one by one.
const MOST_KEPT: usize = 100;

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

/// How many events a replay has been through, and which of them it could not read, for whoever shows it to a person.
#[derive(Clone, Debug, Default)]
pub struct Counter {
    events: Arc<AtomicU64>,
    damages: Arc<Mutex<BTreeMap<Position, Damage>>>,
}

/// An event that a replay could not take as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where.
    pub position: Position,
    /// What is wrong with it.
    pub cause: String,
    /// Whether it was left out. Otherwise only what a person wrote in it was replaced by `(damaged)`.
    pub is_left_out: bool,
    /// Whether rows may come of it: of messages and refusals none do.
    pub may_make_rows: bool,
}

impl Counter {
    /// How many by now.
    pub fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    /// So many more.
    pub fn add(&self, events: u64) {
        self.events.fetch_add(events, Ordering::Relaxed);
    }

    /// The first of the events that could not be read, in order.
    pub fn damages(&self) -> Vec<Damage> {
        self.kept().values().cloned().collect()
    }

    /// Notes a damaged event, and reports it. Of many only the first are kept.
    pub fn damaged(&self, damage: Damage) {
        let mut kept = self.kept();
        if kept.len() >= MOST_KEPT || kept.contains_key(&damage.position) {
            return;
        }
        let Damage { position, cause, .. } = &damage;
        let what = if damage.is_left_out {
            "left out"
        } else {
            "shown as (damaged)"
        };
        tracing::error!(
            "(damaged) the event at position {position} is {what}: {cause}; `bin/events verify` tells more"
        );
        kept.insert(*position, damage);
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<Position, Damage>> {
        self.damages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
