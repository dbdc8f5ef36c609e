//! Groups.

use std::collections::HashMap;

use super::by_name::ByName;
use super::table::Rows;
use crate::ids::{GroupId, Position};

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its name; unique.
    pub name: String,
    /// When it was made.
    pub position: Position,
}

impl Group {
    /// What tells it from other groups.
    pub fn key(&self) -> GroupId {
        self.id
    }
}

/// Groups by id and by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Groups {
    rows: HashMap<GroupId, Group>,
    names: ByName<GroupId>,
}

impl Groups {
    pub(super) fn named(&self, name: &str) -> Option<&Group> {
        self.names.get(name).and_then(|id| self.rows.get(&id))
    }

    pub(super) fn like(&self, name: &str) -> Option<&Group> {
        self.names.like(name).and_then(|id| self.rows.get(&id))
    }
}

impl Rows for Groups {
    type Row = Group;
    type Key = GroupId;

    fn put(&mut self, row: Group) {
        self.names.put(&row.name, row.id);
        self.rows.insert(row.id, row);
    }

    fn remove(&mut self, key: &GroupId) {
        if let Some(group) = self.rows.remove(key) {
            self.names.remove(&group.name);
        }
    }

    fn get(&self, key: &GroupId) -> Option<&Group> {
        self.rows.get(key)
    }

    fn iter(&self) -> impl Iterator<Item = &Group> {
        self.rows.values()
    }
}
