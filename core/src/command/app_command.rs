//! The commands of the application servers: those that list and those that change something.

use uuid::Uuid;

use super::accept_invite::AcceptInvite;
use super::actor::Actor;
use super::block::Block;
use super::changing::ChangingCommand;
use super::create_group::CreateGroup;
use super::decline_invite::DeclineInvite;
use super::invite::Invite;
use super::join_group::JoinGroup;
use super::leave_group::LeaveGroup;
use super::name::{CommandName, WrongUsage};
use super::post::Post;
use super::send::Send;
use super::send_group::SendGroup;
use super::unblock::Unblock;
use super::unfriend::Unfriend;
use crate::event::Event;
use crate::facts::Facts;
use crate::needs::Needs;
use crate::protocol::exactly;
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
    /// list-blocked: whom one blocks, oldest block first.
    Blocked,
}

impl Listing {
    fn of(name: CommandName) -> Option<Listing> {
        match name {
            CommandName::ListInvite => Some(Listing::Invites),
            CommandName::ListFriend => Some(Listing::Friends),
            CommandName::ReceivePost => Some(Listing::Posts),
            CommandName::ListGroup => Some(Listing::Groups),
            CommandName::ListJoined => Some(Listing::Joined),
            CommandName::ListBlocked => Some(Listing::Blocked),
            _ => None,
        }
    }
}

macro_rules! changing {
    ($($command:ident)*) => {
        /// The commands that append.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs)] // each is explained in its own file
        pub enum Changing {
            $($command($command),)*
        }

        impl Changing {
            fn parse(name: CommandName, rest: &str) -> Option<Changing> {
                match name {
                    $(CommandName::$command => $command::parse(rest).map(Changing::$command),)*
                    _ => None,
                }
            }

            /// Which command it is.
            pub fn name(&self) -> CommandName {
                match self {
                    $(Changing::$command(_) => CommandName::$command,)*
                }
            }

            /// The name a refusal is about, as the person typed it.
            pub fn subject(&self) -> &str {
                match self {
                    $(Changing::$command(command) => command.subject(),)*
                }
            }

            /// What its decision rests on, beside the actor's own rows.
            pub fn needs(&self, actor: &Actor, needs: &mut Needs) {
                match self {
                    $(Changing::$command(command) => command.needs(actor, needs),)*
                }
            }

            /// Check 4, and what happens where it passes. `fresh` is an id that nothing has yet.
            ///
            /// # Errors
            /// The first check that fails.
            pub fn decide(&self, actor: &Actor, facts: &Facts, fresh: Uuid) -> Result<Event, Refusal> {
                match self {
                    $(Changing::$command(command) => command.decide(actor, facts, fresh),)*
                }
            }
        }
    };
}

changing! {
    Invite
    AcceptInvite
    DeclineInvite
    Post
    Send
    CreateGroup
    JoinGroup
    LeaveGroup
    SendGroup
    Unfriend
    Block
    Unblock
}

impl AppCommand {
    /// Reads the words behind the user's.
    ///
    /// # Errors
    /// [`WrongUsage`] where they are too few or too many, or `name` is one of the login server's commands.
    pub fn parse(name: CommandName, rest: &str) -> Result<AppCommand, WrongUsage> {
        let command = match Listing::of(name) {
            Some(listing) => exactly::<0>(rest).map(|[]| AppCommand::List(listing)),
            None => Changing::parse(name, rest).map(AppCommand::Change),
        };
        command.ok_or(WrongUsage(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::HandledBy;
    use crate::testing::{assert_usage, read_any};

    #[test]
    fn lists_take_no_words_behind_the_user() {
        for name in CommandName::ALL {
            if let Some(listing) = Listing::of(name) {
                let word = name.word();
                assert_eq!(read_any(&format!("{word} \t")), Ok(Some(AppCommand::List(listing))));
                assert_usage(word, ["x", "\tx y"]);
            }
        }
    }

    #[test]
    fn every_command_of_the_application_servers_can_be_read() {
        for name in CommandName::ALL {
            let read = |words| AppCommand::parse(name, words).is_ok();
            let is_read = ["", "a", "a b"].into_iter().any(read);
            assert_eq!(is_read, name.handled_by() == HandledBy::App, "{name:?}");
        }
    }
}
