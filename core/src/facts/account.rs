//! Accounts: one row for each that lives.

use std::collections::HashMap;

use super::by_name::ByName;
use super::table::Rows;
use crate::ids::{AccountId, Position};

/// A living account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name; unique among the living.
    pub name: String,
    /// When it was registered.
    pub position: Position,
}

impl Account {
    /// What tells it from other accounts.
    pub fn key(&self) -> AccountId {
        self.id
    }
}

/// Accounts by id and by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Accounts {
    rows: HashMap<AccountId, Account>,
    names: ByName<AccountId>,
}

impl Accounts {
    pub(super) fn named(&self, name: &str) -> Option<&Account> {
        self.names.get(name).and_then(|id| self.rows.get(&id))
    }

    pub(super) fn like(&self, name: &str) -> Option<&Account> {
        self.names.like(name).and_then(|id| self.rows.get(&id))
    }
}

impl Rows for Accounts {
    type Row = Account;
    type Key = AccountId;

    fn put(&mut self, row: Account) {
        self.names.put(&row.name, row.id);
        self.rows.insert(row.id, row);
    }

    fn remove(&mut self, key: &AccountId) {
        if let Some(account) = self.rows.remove(key) {
            self.names.remove(&account.name);
        }
    }

    fn get(&self, key: &AccountId) -> Option<&Account> {
        self.rows.get(key)
    }

    fn iter(&self) -> impl Iterator<Item = &Account> {
        self.rows.values()
    }
}
