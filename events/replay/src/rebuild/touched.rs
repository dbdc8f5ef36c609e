//! Which rows some events have changed, whatever it was: afterwards the facts say what each has become.

use std::collections::BTreeSet;

use tenfold_core::facts::{Change, Key, Projected, Projection};
use tenfold_core::ids::AccountId;

/// The keys of rows that were put or removed, and the accounts all of whose rows in a projection were removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Touched {
    rows: BTreeSet<Key>,
    all_of: BTreeSet<(Projection, AccountId)>,
}

impl Touched {
    /// Remembers what a change is about.
    pub(super) fn add(&mut self, change: &Change) {
        match change {
            Change::Put(row) => drop(self.rows.insert(row.key())),
            Change::Remove(key) => drop(self.rows.insert(*key)),
            Change::RemoveAllOf(projection, account) => drop(self.all_of.insert((*projection, *account))),
        }
    }

    /// The keys of a projection's rows.
    pub(super) fn keys<Row: Projected>(&self) -> impl Iterator<Item = Row::Key> {
        self.rows.iter().filter_map(Row::key_of)
    }

    /// The accounts all of whose rows in a projection were removed.
    pub(super) fn all_of(&self, projection: Projection) -> impl Iterator<Item = AccountId> {
        let of_projection = self.all_of.iter().filter(move |(other, _)| *other == projection);
        of_projection.map(|(_, account)| *account)
    }
}
