//! `invite`, `list-invite`, `accept-invite`, `decline-invite`, `list-friend`, `unfriend`, `block`, `unblock`, `list-blocked`.

use super::world::{AccountId, Answer, Friendship, Invite, Reply, World, refused, success};

impl World {
    pub(super) fn invite(&mut self, user: AccountId, id: &str) -> Answer {
        if self.name(user) == id {
            return refused("You cannot invite yourself");
        }
        let Some(other) = self.account_seen_by(user, id) else {
            return refused(format!("{id} does not exist"));
        };
        if self.are_friends(user, other) {
            return refused(format!("{id} is already your friend"));
        }
        if self.has_invited(user, other) {
            return refused("Already invited");
        }
        if self.has_invited(other, user) {
            return refused(format!("{id} has invited you"));
        }
        self.invites.push(Invite { from: user, to: other });
        success()
    }

    pub(super) fn list_invite(&self, user: AccountId) -> Answer {
        let inviters = self
            .invites
            .iter()
            .filter(|invite| invite.to == user && !self.blocks.contains(&(invite.from, user)));
        Reply::Invites(inviters.map(|invite| self.name(invite.from)).collect()).into()
    }

    pub(super) fn accept_invite(&mut self, user: AccountId, id: &str) -> Answer {
        match self.take_invite(user, id) {
            Some(inviter) => {
                self.friendships.push(Friendship {
                    inviter,
                    accepter: user,
                });
                success()
            }
            None => refused(format!("{id} did not invite you")),
        }
    }

    pub(super) fn decline_invite(&mut self, user: AccountId, id: &str) -> Answer {
        match self.take_invite(user, id) {
            Some(_) => success(),
            None => refused(format!("{id} did not invite you")),
        }
    }

    /// Removes the invite of the user called `id`, where there is one; who that is.
    fn take_invite(&mut self, user: AccountId, id: &str) -> Option<AccountId> {
        let inviter = self
            .account_seen_by(user, id)
            .filter(|other| self.has_invited(*other, user))?;
        self.invites
            .retain(|invite| (invite.from, invite.to) != (inviter, user));
        Some(inviter)
    }

    pub(super) fn unfriend(&mut self, user: AccountId, id: &str) -> Answer {
        let other = self.account_seen_by(user, id);
        match other.filter(|other| self.are_friends(user, *other)) {
            Some(other) => {
                self.part(user, other);
                success()
            }
            None => refused(format!("{id} is not your friend")),
        }
    }

    pub(super) fn block(&mut self, user: AccountId, id: &str) -> Answer {
        if self.name(user) == id {
            return refused("You cannot block yourself");
        }
        let Some(other) = self.account_seen_by(user, id) else {
            return refused(format!("{id} does not exist"));
        };
        if self.blocks.contains(&(user, other)) {
            return refused("Already blocked");
        }
        self.part(user, other);
        self.blocks.push((user, other));
        success()
    }

    pub(super) fn unblock(&mut self, user: AccountId, id: &str) -> Answer {
        let other = self.account_seen_by(user, id);
        match other.filter(|other| self.blocks.contains(&(user, *other))) {
            Some(other) => {
                self.blocks.retain(|block| *block != (user, other));
                success()
            }
            None => refused(format!("{id} is not blocked")),
        }
    }

    pub(super) fn list_blocked(&self, user: AccountId) -> Answer {
        let blocked = self.blocks.iter().filter(|(blocker, _)| *blocker == user);
        Reply::Blocked(blocked.map(|(_, blocked)| self.name(*blocked)).collect()).into()
    }

    /// Neither friends nor invited.
    fn part(&mut self, one: AccountId, other: AccountId) {
        let both = [(one, other), (other, one)];
        self.invites.retain(|invite| !both.contains(&(invite.from, invite.to)));
        self.friendships
            .retain(|pair| !both.contains(&(pair.inviter, pair.accepter)));
    }

    pub(super) fn list_friend(&self, user: AccountId) -> Answer {
        let friends = self.friends_of(user);
        Reply::Friends(friends.into_iter().map(|friend| self.name(friend)).collect()).into()
    }

    /// Those whose invite `user` accepted, then those who accepted the user's.
    pub(super) fn friends_of(&self, user: AccountId) -> Vec<AccountId> {
        let accepted = self.friendships.iter().filter(|pair| pair.accepter == user);
        let invited = self.friendships.iter().filter(|pair| pair.inviter == user);
        accepted
            .map(|pair| pair.inviter)
            .chain(invited.map(|pair| pair.accepter))
            .collect()
    }

    pub(super) fn are_friends(&self, one: AccountId, other: AccountId) -> bool {
        self.friends_of(one).contains(&other)
    }

    fn has_invited(&self, from: AccountId, to: AccountId) -> bool {
        self.invites.iter().any(|invite| (invite.from, invite.to) == (from, to))
    }
}
