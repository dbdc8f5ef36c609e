//! What a decision rests on: which rows to load, and which locks to hold before loading them.
//!
//! What an account itself did and what became of its sessions stands in its own stream, whose versions show any
//! conflict; so a command needs locks only for what it reads of others.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::ids::{AccountId, InstanceId};

/// Rows and locks. Several commands' needs add up to those of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Accounts, with session, seat and their stream's version.
    pub accounts: BTreeSet<AccountId>,
    /// The same by name.
    pub names: BTreeSet<String>,
    /// Accounts whose names look like that (see [`crate::name::skeleton`]).
    pub looks: BTreeSet<String>,
    /// What an account and the one of that name are to each other.
    pub pairs: BTreeSet<(AccountId, String)>,
    /// Groups by name.
    pub groups: BTreeSet<String>,
    /// Groups whose names look like that.
    pub group_looks: BTreeSet<String>,
    /// Whether an account is in the group of that name.
    pub memberships: BTreeSet<(AccountId, String)>,
    /// All application servers that are not terminated, with the numbers of their taken seats.
    pub fleet: bool,
    /// These application servers, with their stream's version, in whatever state.
    pub instances: BTreeSet<InstanceId>,
    /// What to lock, in the one order that all servers share.
    pub locks: BTreeMap<LockKey, LockMode>,
}

/// Shared by those who only look, exclusive for those who change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockMode {
    /// With others who look.
    Shared,
    /// Alone.
    Exclusive,
}

/// What a lock is on, whether or not it exists yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LockKey(pub i64);

impl LockKey {
    /// The user of that name: registered or not, online or not.
    pub fn user(name: &str) -> LockKey {
        LockKey::hash("user", &[name.as_bytes()])
    }

    /// What an account and the user of that name are to each other; the same from both sides needs both ids, so
    /// it is keyed by names.
    pub fn pair(one: &str, other: &str) -> LockKey {
        let (low, high) = if one < other { (one, other) } else { (other, one) };
        LockKey::hash("pair", &[low.as_bytes(), high.as_bytes()])
    }

    /// The group of that name and its members.
    pub fn group(name: &str) -> LockKey {
        LockKey::hash("group", &[name.as_bytes()])
    }

    /// All users and groups whose names look like that.
    pub fn look(skeleton: &str) -> LockKey {
        LockKey::hash("look", &[skeleton.as_bytes()])
    }

    /// The seats and the application servers' states.
    pub fn fleet() -> LockKey {
        LockKey::hash("fleet", &[])
    }

    /// Two that share a hash only wait for each other without need. A cryptographic hash, so that nobody can choose
    /// names that do.
    fn hash(kind: &str, parts: &[&[u8]]) -> LockKey {
        let mut hash = Sha256::new();
        hash.update(kind);
        for part in parts {
            hash.update([0]);
            hash.update(part);
        }
        LockKey(i64::from_be_bytes(
            hash.finalize()[..8].try_into().expect("a digest has eight bytes"),
        ))
    }
}

impl Needs {
    /// Asks for a lock; of two modes the stronger one stays.
    pub fn lock(&mut self, key: LockKey, mode: LockMode) {
        let held = self.locks.entry(key).or_insert(mode);
        *held = (*held).max(mode);
    }

    /// Adds another command's needs.
    pub fn join(&mut self, other: Needs) {
        let Needs {
            accounts,
            names,
            looks,
            pairs,
            groups,
            group_looks,
            memberships,
            fleet,
            instances,
            locks,
        } = other;
        self.accounts.extend(accounts);
        self.names.extend(names);
        self.looks.extend(looks);
        self.group_looks.extend(group_looks);
        self.pairs.extend(pairs);
        self.groups.extend(groups);
        self.memberships.extend(memberships);
        self.fleet |= fleet;
        self.instances.extend(instances);
        for (key, mode) in locks {
            self.lock(key, mode);
        }
    }

    /// Whether the needs are the accounts' own streams and nothing else: then remembered rows may serve, for the
    /// streams' versions show at the append whether they still hold.
    pub fn are_own_streams_only(&self) -> bool {
        let Needs {
            accounts: _,
            names,
            looks,
            pairs,
            groups,
            group_looks,
            memberships,
            fleet,
            instances,
            locks,
        } = self;
        names.is_empty()
            && looks.is_empty()
            && group_looks.is_empty()
            && pairs.is_empty()
            && groups.is_empty()
            && memberships.is_empty()
            && !fleet
            && instances.is_empty()
            && locks.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_the_same_from_both_sides_and_no_user_or_group() {
        assert_eq!(LockKey::pair("a", "b"), LockKey::pair("b", "a"));
        assert_ne!(LockKey::pair("a", "b"), LockKey::pair("a", "c"));
        assert_ne!(LockKey::user("a"), LockKey::group("a"));
    }

    #[test]
    fn the_stronger_mode_stays() {
        let mut needs = Needs::default();
        needs.lock(LockKey::fleet(), LockMode::Exclusive);
        needs.lock(LockKey::fleet(), LockMode::Shared);
        assert_eq!(needs.locks[&LockKey::fleet()], LockMode::Exclusive);
        assert!(!needs.are_own_streams_only());
    }
}
