//! The sixteen commands: one file each, with what it is called, how it is used, what it needs to know and how it is
//! decided. [`CommandName`] is the table of them all.

mod accept_invite;
mod app_command;
mod create_group;
pub(crate) mod delete;
mod invite;
mod join_group;
mod list_friend;
mod list_group;
mod list_invite;
mod list_joined;
pub(crate) mod login;
pub(crate) mod logout;
mod post;
mod receive_post;
mod register;
mod send;
mod send_group;

pub use accept_invite::AcceptInvite;
pub use app_command::{AppCommand, Changing, Listing};
pub use create_group::CreateGroup;
pub use delete::Delete;
pub use invite::Invite;
pub use join_group::JoinGroup;
pub use login::{Login, OpenSession};
pub use logout::Logout;
pub use post::Post;
pub use register::{NewAccount, Register};
pub use send::Send;
pub use send_group::SendGroup;

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, SessionId};

/// Who gives a command: the account of a live session. All of it stays the same for as long as the session lives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Actor {
    /// The session.
    pub session: SessionId,
    /// Its account.
    pub account: AccountId,
    /// The account's name.
    pub name: String,
}

/// Which of the two servers carries a command out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandledBy {
    /// The login server.
    Login,
    /// The application server where the session sits.
    App,
}

/// The words were too few, or too many where no message is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.usage())]
pub struct WrongUsage(pub CommandName);

/// A command's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names are the commands' own
pub enum CommandName {
    Register,
    Login,
    Delete,
    Logout,
    Invite,
    ListInvite,
    AcceptInvite,
    ListFriend,
    Post,
    ReceivePost,
    Send,
    CreateGroup,
    ListGroup,
    ListJoined,
    JoinGroup,
    SendGroup,
}

impl CommandName {
    /// All sixteen, in the order of the contract's table.
    pub const ALL: [CommandName; 16] = [
        CommandName::Register,
        CommandName::Login,
        CommandName::Delete,
        CommandName::Logout,
        CommandName::Invite,
        CommandName::ListInvite,
        CommandName::AcceptInvite,
        CommandName::ListFriend,
        CommandName::Post,
        CommandName::ReceivePost,
        CommandName::Send,
        CommandName::CreateGroup,
        CommandName::ListGroup,
        CommandName::ListJoined,
        CommandName::JoinGroup,
        CommandName::SendGroup,
    ];

    /// The command that is typed so.
    pub fn from_word(word: &str) -> Option<CommandName> {
        CommandName::ALL.into_iter().find(|name| name.word() == word)
    }

    /// How it is typed.
    pub fn word(self) -> &'static str {
        let usage = &self.usage()["Usage: ".len()..];
        usage.split_once(' ').map_or(usage, |(word, _)| word)
    }

    /// The usage reply.
    pub fn usage(self) -> &'static str {
        match self {
            Self::Register => register::USAGE,
            Self::Login => login::USAGE,
            Self::Delete => delete::USAGE,
            Self::Logout => logout::USAGE,
            Self::Invite => invite::USAGE,
            Self::ListInvite => list_invite::USAGE,
            Self::AcceptInvite => accept_invite::USAGE,
            Self::ListFriend => list_friend::USAGE,
            Self::Post => post::USAGE,
            Self::ReceivePost => receive_post::USAGE,
            Self::Send => send::USAGE,
            Self::CreateGroup => create_group::USAGE,
            Self::ListGroup => list_group::USAGE,
            Self::ListJoined => list_joined::USAGE,
            Self::JoinGroup => join_group::USAGE,
            Self::SendGroup => send_group::USAGE,
        }
    }

    /// Which server carries it out.
    pub fn handled_by(self) -> HandledBy {
        match self {
            Self::Register | Self::Login | Self::Delete | Self::Logout => HandledBy::Login,
            _ => HandledBy::App,
        }
    }

    /// Whether its first word behind the name is a user who is logged in (on the wire: a token).
    pub fn takes_user(self) -> bool {
        !matches!(self, Self::Register | Self::Login)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_contracts() {
        let usages: Vec<&str> = CommandName::ALL.iter().map(|name| name.usage()).collect();
        assert_eq!(
            usages,
            [
                "Usage: register <username> <password>",
                "Usage: login <id> <password>",
                "Usage: delete <user>",
                "Usage: logout <user>",
                "Usage: invite <user> <id>",
                "Usage: list-invite <user>",
                "Usage: accept-invite <user> <id>",
                "Usage: list-friend <user>",
                "Usage: post <user> <message>",
                "Usage: receive-post <user>",
                "Usage: send <user> <friend> <message>",
                "Usage: create-group <user> <group>",
                "Usage: list-group <user>",
                "Usage: list-joined <user>",
                "Usage: join-group <user> <group>",
                "Usage: send-group <user> <group> <message>",
            ]
        );
    }

    #[test]
    fn names_are_found_by_their_word_alone() {
        for name in CommandName::ALL {
            assert_eq!(CommandName::from_word(name.word()), Some(name));
            assert_eq!(serde_json::to_value(name).unwrap(), name.word());
        }
        assert_eq!(CommandName::from_word("Post"), None);
        assert_eq!(CommandName::from_word("attach"), None);
    }
}
