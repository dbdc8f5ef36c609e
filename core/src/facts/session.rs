//! Sessions: one row for each that lives; an account has one at most.

use std::collections::HashMap;

use super::table::Rows;
use crate::ids::{AccountId, Position, SessionId};

/// A live session; an account has one at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountId,
    /// When it started; messages from before are not for it.
    pub position: Position,
}

impl Session {
    /// What tells it from other sessions: its account.
    pub fn key(&self) -> AccountId {
        self.account
    }
}

/// Sessions by account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sessions(HashMap<AccountId, Session>);

impl Rows for Sessions {
    type Row = Session;
    type Key = AccountId;

    fn put(&mut self, row: Session) {
        self.0.insert(row.account, row);
    }

    fn remove(&mut self, key: &AccountId) {
        self.0.remove(key);
    }

    fn get(&self, key: &AccountId) -> Option<&Session> {
        self.0.get(key)
    }

    fn iter(&self) -> impl Iterator<Item = &Session> {
        self.0.values()
    }
}
