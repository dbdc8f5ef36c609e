//! Blocks: whom somebody does not want to hear from, and for whom they are not there.

use std::collections::{BTreeSet, HashMap};

use super::table::Rows;
use crate::ids::{AccountId, Position};

/// Somebody who blocks somebody. At most one of two blocks the other: for whoever is blocked the blocker does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Who.
    pub blocker: AccountId,
    /// Whom.
    pub blocked: AccountId,
    /// Since when.
    pub position: Position,
}

impl Block {
    /// What tells it from other blocks.
    pub fn key(&self) -> (AccountId, AccountId) {
        (self.blocker, self.blocked)
    }
}

/// Blocks by both people, and by each of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Blocks {
    rows: HashMap<(AccountId, AccountId), Block>,
    of: HashMap<AccountId, BTreeSet<(AccountId, AccountId)>>,
}

impl Blocks {
    fn forget(&mut self, account: AccountId, key: &(AccountId, AccountId)) {
        if let Some(keys) = self.of.get_mut(&account) {
            keys.remove(key);
            if keys.is_empty() {
                self.of.remove(&account);
            }
        }
    }
}

impl Rows for Blocks {
    type Row = Block;
    type Key = (AccountId, AccountId);

    fn put(&mut self, row: Block) {
        for account in [row.blocker, row.blocked] {
            self.of.entry(account).or_default().insert(row.key());
        }
        self.rows.insert(row.key(), row);
    }

    fn remove(&mut self, key: &(AccountId, AccountId)) {
        if self.rows.remove(key).is_some() {
            self.forget(key.0, key);
            self.forget(key.1, key);
        }
    }

    fn remove_all_of(&mut self, account: AccountId) {
        for key in self.of.get(&account).cloned().unwrap_or_default() {
            self.remove(&key);
        }
    }

    fn get(&self, key: &(AccountId, AccountId)) -> Option<&Block> {
        self.rows.get(key)
    }

    fn iter(&self) -> impl Iterator<Item = &Block> {
        self.rows.values()
    }
}
