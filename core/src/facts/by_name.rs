//! What has a name, found by it, and by what its name looks like.

use std::collections::HashMap;
use std::hash::Hash;

use crate::name;

/// Ids by names. What names look like is kept of those alone that are not ASCII: two that are are never compared so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ByName<Id> {
    names: HashMap<String, Id>,
    looks: HashMap<String, Id>,
}

impl<Id> Default for ByName<Id> {
    fn default() -> Self {
        ByName {
            names: HashMap::new(),
            looks: HashMap::new(),
        }
    }
}

impl<Id: Copy + Eq + Hash> ByName<Id> {
    pub(super) fn put(&mut self, name: &str, id: Id) {
        self.names.insert(name.to_owned(), id);
        if !name.is_ascii() {
            self.looks.insert(name::skeleton(name), id);
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.names.remove(name);
        if !name.is_ascii() {
            self.looks.remove(&name::skeleton(name));
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<Id> {
        self.names.get(name).copied()
    }

    /// Whoever has a name that `name` could be taken for.
    pub(super) fn like(&self, name: &str) -> Option<Id> {
        let skeleton = name::skeleton(name);
        let found = self.looks.get(&skeleton).copied();
        // Seldom asked for, and in a decision among a few.
        found.or_else(|| {
            let mut all = self.names.iter().filter(|_| !name.is_ascii());
            all.find(|(other, _)| name::skeleton(other) == skeleton)
                .map(|(_, id)| *id)
        })
    }
}
