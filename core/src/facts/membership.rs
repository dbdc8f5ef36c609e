//! Memberships: who is in which group.

use std::collections::{BTreeSet, HashMap};

use super::table::Rows;
use crate::ids::{AccountId, GroupId, Position};

/// Somebody in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Where.
    pub group: GroupId,
    /// Who.
    pub account: AccountId,
    /// Since when.
    pub position: Position,
}

impl Membership {
    /// What tells it from other memberships.
    pub fn key(&self) -> (GroupId, AccountId) {
        (self.group, self.account)
    }
}

/// Memberships by group and account, and the groups of each account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Memberships {
    rows: HashMap<(GroupId, AccountId), Membership>,
    of: HashMap<AccountId, BTreeSet<GroupId>>,
}

impl Rows for Memberships {
    type Row = Membership;
    type Key = (GroupId, AccountId);

    fn put(&mut self, row: Membership) {
        self.of.entry(row.account).or_default().insert(row.group);
        self.rows.insert(row.key(), row);
    }

    fn remove(&mut self, key: &(GroupId, AccountId)) {
        self.rows.remove(key);
        let (group, account) = key;
        if let Some(groups) = self.of.get_mut(account) {
            groups.remove(group);
            if groups.is_empty() {
                self.of.remove(account);
            }
        }
    }

    fn remove_all_of(&mut self, account: AccountId) {
        for group in self.of.remove(&account).unwrap_or_default() {
            self.rows.remove(&(group, account));
        }
    }

    fn get(&self, key: &(GroupId, AccountId)) -> Option<&Membership> {
        self.rows.get(key)
    }

    fn iter(&self) -> impl Iterator<Item = &Membership> {
        self.rows.values()
    }
}
