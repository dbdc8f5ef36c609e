//! The twelve commands of the application servers: those that list and those that change something.

use uuid::Uuid;

use super::{AcceptInvite, Actor, CommandName, CreateGroup, Invite, JoinGroup, Post, Send, SendGroup, WrongUsage};
use crate::event::Event;
use crate::facts::Facts;
use crate::needs::Needs;
use crate::protocol::request::exactly;
use crate::refusal::Refusal;

/// A command for an application server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppCommand {
    /// It looks.
    List(Listing),
    /// It appends.
    Change(Changing),
}

/// The commands that only look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listing {
    /// list-invite: inviters, oldest invite first.
    Invites,
    /// list-friend: first those whose invite one accepted, then those who accepted one's own; each oldest first.
    Friends,
    /// receive-post: friend by friend in the order of list-friend, each one's oldest first.
    Posts,
    /// list-group: all groups, oldest first.
    Groups,
    /// list-joined: the groups one is in, in the order one joined.
    Joined,
}

/// The commands that append.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each is explained in its own file
pub enum Changing {
    Invite(Invite),
    AcceptInvite(AcceptInvite),
    Post(Post),
    Send(Send),
    CreateGroup(CreateGroup),
    JoinGroup(JoinGroup),
    SendGroup(SendGroup),
}

impl AppCommand {
    /// Reads the words behind the user's.
    ///
    /// # Errors
    /// [`WrongUsage`] where they are too few or too many, or `name` is one of the login server's commands.
    pub fn parse(name: CommandName, rest: &str) -> Result<AppCommand, WrongUsage> {
        let listing = |listing| exactly::<0>(rest).map(|[]| AppCommand::List(listing));
        let changing = |changing: Option<Changing>| changing.map(AppCommand::Change);
        let command = match name {
            CommandName::ListInvite => listing(Listing::Invites),
            CommandName::ListFriend => listing(Listing::Friends),
            CommandName::ReceivePost => listing(Listing::Posts),
            CommandName::ListGroup => listing(Listing::Groups),
            CommandName::ListJoined => listing(Listing::Joined),
            CommandName::Invite => changing(Invite::parse(rest).map(Changing::Invite)),
            CommandName::AcceptInvite => changing(AcceptInvite::parse(rest).map(Changing::AcceptInvite)),
            CommandName::Post => changing(Post::parse(rest).map(Changing::Post)),
            CommandName::Send => changing(Send::parse(rest).map(Changing::Send)),
            CommandName::CreateGroup => changing(CreateGroup::parse(rest).map(Changing::CreateGroup)),
            CommandName::JoinGroup => changing(JoinGroup::parse(rest).map(Changing::JoinGroup)),
            CommandName::SendGroup => changing(SendGroup::parse(rest).map(Changing::SendGroup)),
            CommandName::Register | CommandName::Login | CommandName::Delete | CommandName::Logout => None,
        };
        command.ok_or(WrongUsage(name))
    }
}

impl Changing {
    /// Which command it is.
    pub fn name(&self) -> CommandName {
        match self {
            Self::Invite(_) => CommandName::Invite,
            Self::AcceptInvite(_) => CommandName::AcceptInvite,
            Self::Post(_) => CommandName::Post,
            Self::Send(_) => CommandName::Send,
            Self::CreateGroup(_) => CommandName::CreateGroup,
            Self::JoinGroup(_) => CommandName::JoinGroup,
            Self::SendGroup(_) => CommandName::SendGroup,
        }
    }

    /// The name a refusal is about, as the person typed it.
    pub fn subject(&self) -> &str {
        match self {
            Self::Invite(command) => &command.to,
            Self::AcceptInvite(command) => &command.from,
            Self::Post(_) => "",
            Self::Send(command) => &command.to,
            Self::CreateGroup(command) => &command.group,
            Self::JoinGroup(command) => &command.group,
            Self::SendGroup(command) => &command.group,
        }
    }

    /// What its decision rests on, beside the actor's own rows.
    pub fn needs(&self, actor: &Actor, needs: &mut Needs) {
        match self {
            Self::Invite(command) => command.needs(actor, needs),
            Self::AcceptInvite(command) => command.needs(actor, needs),
            Self::Post(_) => {}
            Self::Send(command) => command.needs(actor, needs),
            Self::CreateGroup(command) => command.needs(needs),
            Self::JoinGroup(command) => command.needs(actor, needs),
            Self::SendGroup(command) => command.needs(actor, needs),
        }
    }

    /// Check 4, and what happens where it passes. `fresh` is an id that nothing has yet.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn decide(&self, actor: &Actor, facts: &Facts, fresh: Uuid) -> Result<Event, Refusal> {
        match self {
            Self::Invite(command) => command.decide(actor, facts),
            Self::AcceptInvite(command) => command.decide(actor, facts),
            Self::Post(command) => Ok(command.decide(actor)),
            Self::Send(command) => command.decide(actor, facts),
            Self::CreateGroup(command) => command.decide(actor, facts, fresh),
            Self::JoinGroup(command) => command.decide(actor, facts),
            Self::SendGroup(command) => command.decide(actor, facts),
        }
    }
}
