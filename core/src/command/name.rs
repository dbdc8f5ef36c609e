//! The commands' names: the contract's table.

use serde::{Deserialize, Serialize};

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

macro_rules! commands {
    ($($name:ident $usage:literal $handled_by:ident;)*) => {
        /// A command's name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[allow(missing_docs)] // the names are the commands' own
        pub enum CommandName {
            $($name,)*
        }

        impl CommandName {
            /// All of them, in the order of the contract's tables.
            pub const ALL: [CommandName; [$($usage),*].len()] = [$(CommandName::$name),*];

            /// The usage reply.
            pub fn usage(self) -> &'static str {
                match self {
                    $(CommandName::$name => concat!("Usage: ", $usage),)*
                }
            }

            /// Which server carries it out.
            pub fn handled_by(self) -> HandledBy {
                match self {
                    $(CommandName::$name => HandledBy::$handled_by,)*
                }
            }
        }
    };
}

commands! {
    Register "register <username> <password>" Login;
    Login "login <id> <password>" Login;
    Delete "delete <user>" Login;
    Logout "logout <user>" Login;
    Invite "invite <user> <id>" App;
    ListInvite "list-invite <user>" App;
    AcceptInvite "accept-invite <user> <id>" App;
    ListFriend "list-friend <user>" App;
    Post "post <user> <message>" App;
    ReceivePost "receive-post <user>" App;
    Send "send <user> <friend> <message>" App;
    CreateGroup "create-group <user> <group>" App;
    ListGroup "list-group <user>" App;
    ListJoined "list-joined <user>" App;
    JoinGroup "join-group <user> <group>" App;
    SendGroup "send-group <user> <group> <message>" App;
    ChangePassword "change-password <user> <old> <new>" Login;
    DeclineInvite "decline-invite <user> <id>" App;
    Unfriend "unfriend <user> <id>" App;
    LeaveGroup "leave-group <user> <group>" App;
    Block "block <user> <id>" App;
    Unblock "unblock <user> <id>" App;
    ListBlocked "list-blocked <user>" App;
}

impl CommandName {
    /// The command that is typed so.
    pub fn from_word(word: &str) -> Option<CommandName> {
        CommandName::ALL.into_iter().find(|name| name.word() == word)
    }

    /// How it is typed.
    pub fn word(self) -> &'static str {
        let usage = &self.usage()["Usage: ".len()..];
        usage.split_once(' ').map_or(usage, |(word, _)| word)
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
                "Usage: change-password <user> <old> <new>",
                "Usage: decline-invite <user> <id>",
                "Usage: unfriend <user> <id>",
                "Usage: leave-group <user> <group>",
                "Usage: block <user> <id>",
                "Usage: unblock <user> <id>",
                "Usage: list-blocked <user>",
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
