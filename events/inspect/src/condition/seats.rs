//! Who sits where, counted as the rows say and not as they should: so that too many are seen.

use std::collections::{BTreeMap, HashMap, HashSet};

use tenfold_core::facts::{Change, Key, Row};
use tenfold_core::facts::{Facts, Seat};
use tenfold_core::ids::{AccountId, InstanceId, SessionId};

/// All taken seats, by session and by server.
#[derive(Clone, Debug, Default)]
pub(super) struct Seats {
    seats: HashMap<SessionId, Seat>,
    on: HashMap<InstanceId, HashSet<SessionId>>,
    of: HashMap<AccountId, HashSet<SessionId>>,
    /// Servers on which something is wrong, and what.
    wrong: BTreeMap<InstanceId, String>,
}

impl Seats {
    pub(super) fn of_facts(facts: &Facts) -> Seats {
        let mut seats = Seats::default();
        facts.seats().for_each(|seat| seats.put(*seat));
        seats
    }

    /// Carries a change out; the session whose seat it was about.
    pub(super) fn step(&mut self, change: &Change) -> Option<SessionId> {
        match change {
            Change::Put(Row::Seat(seat)) => {
                self.put(*seat);
                Some(seat.session)
            }
            Change::Remove(Key::Seat(session)) => {
                self.remove(*session);
                Some(*session)
            }
            _ => None,
        }
    }

    pub(super) fn sessions_of(&self, account: AccountId) -> Vec<SessionId> {
        self.of.get(&account).into_iter().flatten().copied().collect()
    }

    pub(super) fn get(&self, session: SessionId) -> Option<&Seat> {
        self.seats.get(&session)
    }

    /// What is wrong, server by server.
    pub(super) fn wrong(&self) -> &BTreeMap<InstanceId, String> {
        &self.wrong
    }

    fn put(&mut self, seat: Seat) {
        self.remove(seat.session);
        self.seats.insert(seat.session, seat);
        self.on.entry(seat.instance).or_default().insert(seat.session);
        self.of.entry(seat.account).or_default().insert(seat.session);
        self.look_at(seat.instance);
    }

    fn remove(&mut self, session: SessionId) {
        let Some(seat) = self.seats.remove(&session) else {
            return;
        };
        if let Some(sessions) = self.on.get_mut(&seat.instance) {
            sessions.remove(&session);
        }
        if let Some(sessions) = self.of.get_mut(&seat.account) {
            sessions.remove(&session);
            if sessions.is_empty() {
                self.of.remove(&seat.account);
            }
        }
        self.look_at(seat.instance);
    }

    fn look_at(&mut self, instance: InstanceId) {
        match self.fault_of(instance) {
            Some(fault) => drop(self.wrong.insert(instance, fault)),
            None => drop(self.wrong.remove(&instance)),
        }
    }

    fn fault_of(&self, instance: InstanceId) -> Option<String> {
        let sessions = self.on.get(&instance)?;
        let mut numbers = HashSet::new();
        for seat in sessions.iter().filter_map(|session| self.seats.get(session)) {
            let Seat { number, seats, .. } = *seat;
            if number >= seats {
                return Some(format!(
                    "seat {} is taken on server {instance}, which has {seats}",
                    number + 1
                ));
            }
            if sessions.len() > usize::from(seats) {
                let users = sessions.len();
                return Some(format!(
                    "{users} users sit on server {instance}, which has {seats} seats"
                ));
            }
            if !numbers.insert(number) {
                return Some(format!("seat {} on server {instance} is taken twice", number + 1));
            }
        }
        None
    }
}
