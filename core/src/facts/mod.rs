//! What is so: rows that events make and unmake. The same `apply` folds events for deciding (on the few rows a
//! command needs), for the live projections (its changes are written to their tables) and for replay (over all).

pub mod change;
mod fold;
mod rows;
mod seats;

pub use fold::Impossible;
pub use rows::{Account, Group, Instance, InstanceState, Membership, Pair, PairKey, PairState, Post, Seat, Session};

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use crate::ids::{AccountId, GroupId, InstanceId, Position, SessionId};

/// A set of rows with the indexes that deciding and folding need. Some of the service's, or all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    accounts: HashMap<AccountId, Account>,
    names: HashMap<String, AccountId>,
    sessions: HashMap<AccountId, Session>,
    seats: HashMap<SessionId, Seat>,
    taken: HashMap<InstanceId, BTreeSet<u16>>,
    pairs: HashMap<PairKey, Pair>,
    pairs_of: HashMap<AccountId, BTreeSet<PairKey>>,
    posts: BTreeMap<Position, Post>,
    posts_of: HashMap<AccountId, BTreeSet<Position>>,
    groups: HashMap<GroupId, Group>,
    group_names: HashMap<String, GroupId>,
    memberships: HashMap<(GroupId, AccountId), Membership>,
    memberships_of: HashMap<AccountId, BTreeSet<GroupId>>,
    instances: HashMap<InstanceId, Instance>,
    versions: HashMap<Uuid, i64>,
}

impl Facts {
    /// The account with that id.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// The account that has that name now.
    pub fn account_named(&self, name: &str) -> Option<&Account> {
        self.names.get(name).and_then(|id| self.accounts.get(id))
    }

    /// The account's live session.
    pub fn session_of(&self, account: AccountId) -> Option<&Session> {
        self.sessions.get(&account)
    }

    /// Where the session is served.
    pub fn seat_of(&self, session: SessionId) -> Option<&Seat> {
        self.seats.get(&session)
    }

    /// What two people are to each other.
    pub fn pair(&self, one: AccountId, other: AccountId) -> Option<&Pair> {
        self.pairs.get(&PairKey::of(one, other))
    }

    /// The group of that name.
    pub fn group_named(&self, name: &str) -> Option<&Group> {
        self.group_names.get(name).and_then(|id| self.groups.get(id))
    }

    /// The group with that id.
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(&id)
    }

    /// The post at that position.
    pub fn post(&self, position: Position) -> Option<&Post> {
        self.posts.get(&position)
    }

    /// What makes the account a member of the group.
    pub fn membership(&self, group: GroupId, account: AccountId) -> Option<&Membership> {
        self.memberships.get(&(group, account))
    }

    /// Whether the account is in the group.
    pub fn is_member(&self, group: GroupId, account: AccountId) -> bool {
        self.memberships.contains_key(&(group, account))
    }

    /// The application server with that id.
    pub fn instance(&self, id: InstanceId) -> Option<&Instance> {
        self.instances.get(&id)
    }

    /// The version of the stream's last event; 0 before its first.
    pub fn version(&self, stream: Uuid) -> i64 {
        self.versions.get(&stream).copied().unwrap_or(0)
    }

    /// Tells the version of a stream whose events are not folded here but whose rows were loaded.
    pub fn set_version(&mut self, stream: Uuid, version: i64) {
        self.versions.insert(stream, version);
    }

    /// All accounts, in no order.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// All live sessions, in no order.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    /// All taken seats, in no order.
    pub fn seats(&self) -> impl Iterator<Item = &Seat> {
        self.seats.values()
    }

    /// All friendships and open invites, in no order.
    pub fn pairs(&self) -> impl Iterator<Item = &Pair> {
        self.pairs.values()
    }

    /// All posts, oldest first.
    pub fn posts(&self) -> impl Iterator<Item = &Post> {
        self.posts.values()
    }

    /// All groups, in no order.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    /// All memberships, in no order.
    pub fn memberships(&self) -> impl Iterator<Item = &Membership> {
        self.memberships.values()
    }

    /// All application servers there ever were, in no order.
    pub fn instances(&self) -> impl Iterator<Item = &Instance> {
        self.instances.values()
    }
}
