//! What an event changes, row by row or by the rows of one account. Two interpreters carry changes out: one on the
//! rows in memory (here), one on the projections' tables.

use super::{Account, Facts, Group, Instance, Membership, Pair, PairKey, Post, Seat, Session};
use crate::ids::{AccountId, SessionId};

/// One change to the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new account.
    PutAccount(Account),
    /// The account is gone.
    RemoveAccount(AccountId),
    /// A new session.
    PutSession(Session),
    /// The account's session is gone.
    RemoveSession(AccountId),
    /// A seat is taken.
    PutSeat(Seat),
    /// The session's seat is free.
    RemoveSeat(SessionId),
    /// A new pair, or a pair's new state.
    PutPair(Pair),
    /// All friendships and invites of the account are gone.
    RemovePairsOf(AccountId),
    /// A new post.
    PutPost(Post),
    /// All posts of the account are gone.
    RemovePostsOf(AccountId),
    /// A new group.
    PutGroup(Group),
    /// A new member.
    PutMembership(Membership),
    /// The account is in no group any more.
    RemoveMembershipsOf(AccountId),
    /// A new instance, or an instance's new state.
    PutInstance(Instance),
}

impl Facts {
    /// Carries a change out on the rows in memory. Loading rows from a projection is putting them.
    pub fn absorb(&mut self, change: &Change) {
        self.take(change.clone());
    }

    pub(super) fn take(&mut self, change: Change) {
        match change {
            Change::PutAccount(account) => self.put_account(account),
            Change::RemoveAccount(account) => {
                if let Some(account) = self.accounts.remove(&account) {
                    self.names.remove(&account.name);
                }
            }
            Change::PutSession(session) => drop(self.sessions.insert(session.account, session)),
            Change::RemoveSession(account) => drop(self.sessions.remove(&account)),
            Change::PutSeat(seat) => {
                self.taken.entry(seat.instance).or_default().insert(seat.number);
                self.seats.insert(seat.session, seat);
            }
            Change::RemoveSeat(session) => self.remove_seat(session),
            Change::PutPair(pair) => self.put_pair(pair),
            Change::RemovePairsOf(account) => self.remove_pairs_of(account),
            Change::PutPost(post) => {
                self.posts_of.entry(post.author).or_default().insert(post.position);
                self.posts.insert(post.position, post);
            }
            Change::RemovePostsOf(author) => {
                for position in self.posts_of.remove(&author).unwrap_or_default() {
                    self.posts.remove(&position);
                }
            }
            Change::PutGroup(group) => {
                self.group_names.insert(group.name.clone(), group.id);
                self.groups.insert(group.id, group);
            }
            Change::PutMembership(membership) => {
                let groups = self.memberships_of.entry(membership.account).or_default();
                groups.insert(membership.group);
                self.memberships
                    .insert((membership.group, membership.account), membership);
            }
            Change::RemoveMembershipsOf(account) => {
                for group in self.memberships_of.remove(&account).unwrap_or_default() {
                    self.memberships.remove(&(group, account));
                }
            }
            Change::PutInstance(instance) => drop(self.instances.insert(instance.id, instance)),
        }
    }

    fn put_account(&mut self, account: Account) {
        self.names.insert(account.name.clone(), account.id);
        self.accounts.insert(account.id, account);
    }

    fn remove_seat(&mut self, session: SessionId) {
        let Some(seat) = self.seats.remove(&session) else {
            return;
        };
        if let Some(taken) = self.taken.get_mut(&seat.instance) {
            taken.remove(&seat.number);
            if taken.is_empty() {
                self.taken.remove(&seat.instance);
            }
        }
    }

    fn put_pair(&mut self, pair: Pair) {
        for account in [pair.key.low, pair.key.high] {
            self.pairs_of.entry(account).or_default().insert(pair.key);
        }
        self.pairs.insert(pair.key, pair);
    }

    fn remove_pairs_of(&mut self, account: AccountId) {
        for key in self.pairs_of.remove(&account).unwrap_or_default() {
            self.pairs.remove(&key);
            let other = if key.low == account { key.high } else { key.low };
            self.forget_pair_of(other, &key);
        }
    }

    fn forget_pair_of(&mut self, account: AccountId, key: &PairKey) {
        if let Some(keys) = self.pairs_of.get_mut(&account) {
            keys.remove(key);
            if keys.is_empty() {
                self.pairs_of.remove(&account);
            }
        }
    }
}
