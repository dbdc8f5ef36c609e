//! `post`, `receive-post`, `send`.

use super::world::{AccountId, Answer, Reply, Shown, World, refused, success};

impl World {
    pub(super) fn post(&mut self, user: AccountId, message: &str) -> Answer {
        let account = self.accounts.get_mut(&user).expect("has a session");
        account.posts.push(message.to_owned());
        success()
    }

    pub(super) fn receive_post(&self, user: AccountId) -> Answer {
        let mut posts = Vec::new();
        for friend in self.friends_of(user) {
            let account = &self.accounts[&friend];
            posts.extend(account.posts.iter().map(|post| (account.name.clone(), post.clone())));
        }
        Reply::Posts(posts).into()
    }

    pub(super) fn send(&mut self, user: AccountId, friend: &str, message: &str) -> Answer {
        let Some(recipient) = self.account_seen_by(user, friend) else {
            return refused("No such user exist");
        };
        if !self.are_friends(user, recipient) {
            return refused(format!("{friend} is not your friend"));
        }
        let Some(session) = self.accounts[&recipient].session else {
            return refused(format!("{friend} is not online"));
        };
        let shown = Shown {
            session,
            user: friend.to_owned(),
            from: self.name(user),
            group: None,
            message: message.to_owned(),
        };
        Answer {
            shown: vec![shown],
            ..success()
        }
    }
}
