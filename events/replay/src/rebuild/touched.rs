//! Which rows some events have changed, whatever it was: afterwards the facts say what each has become.

use std::collections::BTreeSet;

use tenfold_core::facts::PairKey;
use tenfold_core::facts::change::Change;
use tenfold_core::ids::{AccountId, GroupId, InstanceId, Position, SessionId};

/// The keys of rows that were put or removed, and the accounts all of whose rows were removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Touched {
    pub accounts: BTreeSet<AccountId>,
    pub sessions_of: BTreeSet<AccountId>,
    pub seats: BTreeSet<SessionId>,
    pub pairs: BTreeSet<PairKey>,
    pub all_pairs_of: BTreeSet<AccountId>,
    pub posts: BTreeSet<Position>,
    pub all_posts_of: BTreeSet<AccountId>,
    pub groups: BTreeSet<GroupId>,
    pub memberships: BTreeSet<(GroupId, AccountId)>,
    pub all_memberships_of: BTreeSet<AccountId>,
    pub instances: BTreeSet<InstanceId>,
}

impl Touched {
    /// Remembers what a change is about.
    pub(super) fn add(&mut self, change: &Change) {
        match change {
            Change::PutAccount(account) => self.accounts.insert(account.id),
            Change::RemoveAccount(account) => self.accounts.insert(*account),
            Change::PutSession(session) => self.sessions_of.insert(session.account),
            Change::RemoveSession(account) => self.sessions_of.insert(*account),
            Change::PutSeat(seat) => self.seats.insert(seat.session),
            Change::RemoveSeat(session) => self.seats.insert(*session),
            Change::PutPair(pair) => self.pairs.insert(pair.key),
            Change::RemovePairsOf(account) => self.all_pairs_of.insert(*account),
            Change::PutPost(post) => self.posts.insert(post.position),
            Change::RemovePostsOf(account) => self.all_posts_of.insert(*account),
            Change::PutGroup(group) => self.groups.insert(group.id),
            Change::PutMembership(membership) => self.memberships.insert((membership.group, membership.account)),
            Change::RemoveMembershipsOf(account) => self.all_memberships_of.insert(*account),
            Change::PutInstance(instance) => self.instances.insert(instance.id),
        };
    }
}
