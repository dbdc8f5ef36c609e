//! Seats: one row for each that is taken.

use std::collections::{BTreeSet, HashMap};

use super::table::Rows;
use crate::ids::{AccountId, InstanceId, SessionId};

/// A taken seat on an application server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Who sits there.
    pub session: SessionId,
    /// The session's account.
    pub account: AccountId,
    /// On which server.
    pub instance: InstanceId,
    /// Which of its seats, from 0.
    pub number: u16,
    /// How many seats that server has; `number` is below it.
    pub seats: u16,
}

impl Seat {
    /// What tells it from other seats: who sits there.
    pub fn key(&self) -> SessionId {
        self.session
    }
}

/// Seats by session, and the numbers that are taken on each server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seats {
    rows: HashMap<SessionId, Seat>,
    taken: HashMap<InstanceId, BTreeSet<u16>>,
}

impl Seats {
    pub(super) fn taken_on(&self, instance: InstanceId) -> Option<&BTreeSet<u16>> {
        self.taken.get(&instance)
    }

    pub(super) fn mark_taken(&mut self, instance: InstanceId, number: u16) {
        self.taken.entry(instance).or_default().insert(number);
    }
}

impl Rows for Seats {
    type Row = Seat;
    type Key = SessionId;

    fn put(&mut self, row: Seat) {
        self.mark_taken(row.instance, row.number);
        self.rows.insert(row.session, row);
    }

    fn remove(&mut self, key: &SessionId) {
        let Some(seat) = self.rows.remove(key) else {
            return;
        };
        if let Some(taken) = self.taken.get_mut(&seat.instance) {
            taken.remove(&seat.number);
            if taken.is_empty() {
                self.taken.remove(&seat.instance);
            }
        }
    }

    fn get(&self, key: &SessionId) -> Option<&Seat> {
        self.rows.get(key)
    }

    fn iter(&self) -> impl Iterator<Item = &Seat> {
        self.rows.values()
    }
}
