//! `create-group`, `list-group`, `list-joined`, `join-group`, `leave-group`, `send-group`.

use super::line::good_name;
use super::world::{AccountId, Answer, Reply, Shown, World, refused, success};

impl World {
    pub(super) fn create_group(&mut self, user: AccountId, group: &str) -> Answer {
        if !good_name(group) {
            return Reply::RefusedSomehow.into();
        }
        if self.group_exists(group) {
            return refused(format!("{group} already exist"));
        }
        self.groups.push(group.to_owned());
        self.memberships.push((group.to_owned(), user));
        success()
    }

    pub(super) fn list_group(&self) -> Answer {
        Reply::Groups(self.groups.clone()).into()
    }

    pub(super) fn list_joined(&self, user: AccountId) -> Answer {
        let joined = self.memberships.iter().filter(|(_, member)| *member == user);
        Reply::Groups(joined.map(|(group, _)| group.clone()).collect()).into()
    }

    pub(super) fn join_group(&mut self, user: AccountId, group: &str) -> Answer {
        if !self.group_exists(group) {
            return refused(format!("{group} does not exist"));
        }
        if self.is_member(user, group) {
            return refused(format!("Already a member of {group}"));
        }
        self.memberships.push((group.to_owned(), user));
        success()
    }

    pub(super) fn leave_group(&mut self, user: AccountId, group: &str) -> Answer {
        if !self.group_exists(group) {
            return refused(format!("{group} does not exist"));
        }
        if !self.is_member(user, group) {
            return refused(format!("You are not the member of {group}"));
        }
        self.memberships
            .retain(|(name, member)| !(name == group && *member == user));
        success()
    }

    pub(super) fn send_group(&mut self, user: AccountId, group: &str, message: &str) -> Answer {
        if !self.group_exists(group) {
            return refused("No such group exist");
        }
        if !self.is_member(user, group) {
            return refused(format!("You are not the member of {group}"));
        }
        let members = self.memberships.iter().filter(|(name, _)| name == group);
        let shown = members.filter_map(|(_, member)| {
            let account = &self.accounts[member];
            if self.blocks.contains(&(*member, user)) {
                return None;
            }
            Some(Shown {
                session: account.session?,
                user: account.name.clone(),
                from: self.name(user),
                group: Some(group.to_owned()),
                message: message.to_owned(),
            })
        });
        Answer {
            shown: shown.collect(),
            ..success()
        }
    }

    fn group_exists(&self, group: &str) -> bool {
        self.groups.iter().any(|name| name == group)
    }

    fn is_member(&self, user: AccountId, group: &str) -> bool {
        self.memberships
            .iter()
            .any(|(name, member)| name == group && *member == user)
    }
}
