//! `register`, `login`, `logout`, `delete`, `change-password`.

use super::line::good_name;
use super::world::{Account, AccountId, Answer, Reply, World, refused, success};

impl World {
    pub(super) fn register(&mut self, name: &str, password: &str) -> Answer {
        if !good_name(name) {
            return Reply::RefusedSomehow.into();
        }
        if self.account_named(name).is_some() {
            return refused(format!("{name} is already used"));
        }
        let account = Account {
            name: name.to_owned(),
            password: password.to_owned(),
            session: None,
            posts: Vec::new(),
        };
        let id = self.next_id();
        self.accounts.insert(id, account);
        success()
    }

    pub(super) fn login(&mut self, name: &str, password: &str) -> Answer {
        let wrong = "No such user or password error";
        let Some(user) = self.account_named(name) else {
            return refused(wrong);
        };
        let fresh = self.next_id();
        let account = self.accounts.get_mut(&user).expect("found by its name just now");
        if account.password != password {
            return refused(wrong);
        }
        let session = *account.session.get_or_insert(fresh);
        Answer {
            session: Some(session),
            ..success()
        }
    }

    pub(super) fn logout(&mut self, user: AccountId) -> Answer {
        self.accounts.get_mut(&user).expect("has a session").session = None;
        Reply::Done("Bye!").into()
    }

    pub(super) fn delete(&mut self, user: AccountId) -> Answer {
        self.accounts.remove(&user);
        self.invites.retain(|invite| invite.from != user && invite.to != user);
        self.friendships
            .retain(|pair| pair.inviter != user && pair.accepter != user);
        self.memberships.retain(|(_, member)| *member != user);
        self.blocks.retain(|(one, other)| *one != user && *other != user);
        success()
    }

    pub(super) fn change_password(&mut self, user: AccountId, old: &str, new: &str) -> Answer {
        let fresh = self.next_id();
        let account = self.accounts.get_mut(&user).expect("has a session");
        if account.password != old {
            return refused("No such user or password error");
        }
        account.password = new.to_owned();
        account.session = Some(fresh);
        Answer {
            session: account.session,
            ..success()
        }
    }

    /// Ends the session of `name` as the clock would do.
    pub fn expire(&mut self, name: &str) {
        if let Some(user) = self.account_named(name) {
            self.logout(user);
        }
    }
}
