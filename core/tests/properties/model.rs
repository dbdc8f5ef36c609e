//! A second fold, much simpler and slower than the real one: vectors in the order in which things happened, and linear
//! scans. It is written from the contract's words and shares nothing with the real one but the events.

use tenfold_core::event::Event;
use tenfold_core::ids::{AccountId, GroupId, InstanceId, SessionId};

#[derive(Default)]
pub struct Model {
    pub accounts: Vec<(AccountId, String)>,
    pub sessions: Vec<(SessionId, AccountId)>,
    pub seats: Vec<(SessionId, InstanceId, u16)>,
    /// From whom to whom.
    pub invites: Vec<(AccountId, AccountId)>,
    /// Who had invited, and who accepted.
    pub friends: Vec<(AccountId, AccountId)>,
    /// Who blocks whom.
    pub blocks: Vec<(AccountId, AccountId)>,
    pub posts: Vec<(AccountId, String)>,
    pub groups: Vec<(GroupId, String)>,
    pub members: Vec<(GroupId, AccountId)>,
    pub instances: Vec<(InstanceId, &'static str)>,
}

impl Model {
    pub fn happened(&mut self, event: &Event) {
        match event.clone() {
            Event::AccountRegistered { account, name } => self.accounts.push((account, name)),
            Event::AccountDeleted { account } => self.deleted(account),
            Event::SessionStarted { session, account, .. } => self.sessions.push((session, account)),
            Event::SessionEnded { session, .. } => self.sessions.retain(|(id, _)| *id != session),
            Event::SeatTaken {
                session,
                instance,
                number,
                ..
            } => self.seats.push((session, instance, number)),
            Event::SeatReleased { session, .. } => self.seats.retain(|(id, ..)| *id != session),
            Event::InviteSent { from, to } => self.invites.push((from, to)),
            Event::InviteAccepted { by, from } => {
                self.invites.retain(|invite| *invite != (from, by));
                self.friends.push((from, by));
            }
            Event::InviteDeclined { by, from } => self.invites.retain(|invite| *invite != (from, by)),
            Event::Unfriended { by, whom } => self.part(by, whom),
            Event::Blocked { by, whom } => {
                self.part(by, whom);
                self.blocks.push((by, whom));
            }
            Event::Unblocked { by, whom } => self.blocks.retain(|block| *block != (by, whom)),
            Event::Posted { author, text } => self.posts.push((author, text)),
            Event::GroupCreated { group, name, creator } => {
                self.groups.push((group, name));
                self.members.push((group, creator));
            }
            Event::GroupJoined { group, account } => self.members.push((group, account)),
            Event::GroupLeft { group, account } => self.members.retain(|member| *member != (group, account)),
            Event::InstanceRequested { instance, .. } => self.instances.push((instance, "requested")),
            Event::InstanceLaunched { instance, .. } => self.became(instance, "launched"),
            Event::InstanceReady { instance, .. } => self.became(instance, "ready"),
            Event::InstanceDraining { instance, .. } => self.became(instance, "draining"),
            Event::InstanceTerminated { instance, .. } => self.became(instance, "terminated"),
            Event::InstanceLost { instance, .. } => self.became(instance, "lost"),
            Event::SessionResumed { .. }
            | Event::PasswordChanged { .. }
            | Event::MessageSent { .. }
            | Event::GroupMessageSent { .. }
            | Event::LoginServerStarted { .. }
            | Event::CommandRefused { .. } => {}
        }
    }

    /// Nothing is between the two any more.
    fn part(&mut self, one: AccountId, other: AccountId) {
        let are_these = |(a, b): &(AccountId, AccountId)| [(one, other), (other, one)].contains(&(*a, *b));
        self.invites.retain(|pair| !are_these(pair));
        self.friends.retain(|pair| !are_these(pair));
    }

    fn deleted(&mut self, gone: AccountId) {
        self.accounts.retain(|(id, _)| *id != gone);
        self.invites.retain(|(from, to)| *from != gone && *to != gone);
        self.friends.retain(|(one, other)| *one != gone && *other != gone);
        self.blocks.retain(|(one, other)| *one != gone && *other != gone);
        self.posts.retain(|(author, _)| *author != gone);
        self.members.retain(|(_, account)| *account != gone);
    }

    fn became(&mut self, instance: InstanceId, state: &'static str) {
        for (id, current) in &mut self.instances {
            if *id == instance {
                *current = state;
            }
        }
    }

    /// list-invite: inviters, oldest invite first.
    pub fn inviters(&self, me: AccountId) -> Vec<AccountId> {
        self.invites
            .iter()
            .filter(|(_, to)| *to == me)
            .map(|(from, _)| *from)
            .collect()
    }

    /// list-friend: those whose invite one accepted, then those who accepted one's own; each oldest first.
    pub fn friends_of(&self, me: AccountId) -> Vec<AccountId> {
        let accepted = self.friends.iter().filter(|(_, by)| *by == me).map(|(from, _)| *from);
        let were_accepted = self.friends.iter().filter(|(from, _)| *from == me).map(|(_, by)| *by);
        accepted.chain(were_accepted).collect()
    }

    /// receive-post: friend by friend, each one's oldest first.
    pub fn posts_for(&self, me: AccountId) -> Vec<(AccountId, String)> {
        let of = |friend| self.posts.iter().filter(move |(author, _)| *author == friend).cloned();
        self.friends_of(me).into_iter().flat_map(of).collect()
    }

    /// list-joined: in the order one joined.
    pub fn joined(&self, me: AccountId) -> Vec<GroupId> {
        self.members
            .iter()
            .filter(|(_, account)| *account == me)
            .map(|(group, _)| *group)
            .collect()
    }
}
