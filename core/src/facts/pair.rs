//! Pairs: what two people are to each other.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::table::Rows;
use crate::ids::{AccountId, Position};

/// Two people, the same whichever is named first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PairKey {
    /// The lower id.
    pub low: AccountId,
    /// The higher id.
    pub high: AccountId,
}

impl PairKey {
    /// The pair of two people.
    pub fn of(one: AccountId, other: AccountId) -> PairKey {
        PairKey {
            low: one.min(other),
            high: one.max(other),
        }
    }

    /// The one of the two who is not `account`.
    pub fn other_than(&self, account: AccountId) -> AccountId {
        if self.low == account { self.high } else { self.low }
    }
}

/// What two people are to each other. One row for both, so that invites that cross conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Who.
    pub key: PairKey,
    /// An open invite, or friends.
    pub state: PairState,
    /// Which of the two invited the other.
    pub inviter: AccountId,
    /// Since when they are in that state.
    pub position: Position,
}

impl Pair {
    /// What tells it from other pairs.
    pub fn key(&self) -> PairKey {
        self.key
    }

    /// The one who was invited.
    pub fn invitee(&self) -> AccountId {
        self.key.other_than(self.inviter)
    }
}

/// The state of a [`Pair`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PairState {
    /// An invite waits to be accepted.
    Invited,
    /// It was.
    Friends,
}

impl PairState {
    /// The state's name, as shown and stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Friends => "friends",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<PairState> {
        [Self::Invited, Self::Friends]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// Pairs by both people, and by each of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pairs {
    rows: HashMap<PairKey, Pair>,
    of: HashMap<AccountId, BTreeSet<PairKey>>,
}

impl Pairs {
    fn forget(&mut self, account: AccountId, key: &PairKey) {
        if let Some(keys) = self.of.get_mut(&account) {
            keys.remove(key);
            if keys.is_empty() {
                self.of.remove(&account);
            }
        }
    }
}

impl Rows for Pairs {
    type Row = Pair;
    type Key = PairKey;

    fn put(&mut self, row: Pair) {
        for account in [row.key.low, row.key.high] {
            self.of.entry(account).or_default().insert(row.key);
        }
        self.rows.insert(row.key, row);
    }

    fn remove(&mut self, key: &PairKey) {
        if self.rows.remove(key).is_some() {
            self.forget(key.low, key);
            self.forget(key.high, key);
        }
    }

    fn remove_all_of(&mut self, account: AccountId) {
        for key in self.of.remove(&account).unwrap_or_default() {
            self.rows.remove(&key);
            self.forget(key.other_than(account), &key);
        }
    }

    fn get(&self, key: &PairKey) -> Option<&Pair> {
        self.rows.get(key)
    }

    fn iter(&self) -> impl Iterator<Item = &Pair> {
        self.rows.values()
    }
}
