//! Everything that can be asked of the log: people's commands and the fleet's own.

use crate::command::{Actor, Changing, CommandName, NewAccount, OpenSession};
use crate::event::SeatRelease;
use crate::ids::{AccountId, InstanceId, LoginServerId, SessionId};
use crate::launch_failure::LaunchFailure;

/// Something to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// A person's command at the application server `at`.
    Change {
        /// Whose.
        actor: Actor,
        /// Where it arrived.
        at: InstanceId,
        /// Which.
        command: Changing,
    },
    /// register.
    Register(NewAccount),
    /// login, its password verified.
    OpenSession(OpenSession),
    /// A live session without a seat takes one.
    TakeSeat(Actor),
    /// logout.
    Logout(Actor),
    /// change-password, the old one verified.
    ChangePassword {
        /// Whose.
        actor: Actor,
        /// The session's id that takes the place of the actor's.
        next: SessionId,
    },
    /// delete.
    Delete(Actor),
    /// Nobody was attached for the session's time to live.
    Expire(Actor),
    /// The session gives up its seat on `from`.
    ReleaseSeat {
        /// Whose.
        actor: Actor,
        /// Where it sits.
        from: InstanceId,
        /// Left or lost.
        reason: SeatRelease,
    },
    /// The session moves from a draining server to another.
    MoveSeat {
        /// Whose.
        actor: Actor,
        /// Where it sits.
        from: InstanceId,
    },
    /// An application server is wanted.
    RequestInstance {
        /// Its id.
        instance: InstanceId,
        /// How many seats it shall have.
        seats: u16,
        /// The demand that was found, in a sentence for people.
        reason: String,
    },
    /// Something happened to an application server, or is to.
    Instance(InstanceId, InstanceStep),
    /// A login server starts.
    StartLoginServer(NewLoginServer),
}

/// A login server that starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLoginServer {
    /// Its id, which nothing has.
    pub server: LoginServerId,
    /// Of its program.
    pub version: String,
    /// Its options as one would type them; nothing in them is secret.
    pub options: String,
}

/// A step in an application server's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstanceStep {
    /// Its provider started it and calls it so.
    Launched(String),
    /// It serves there; without a host, at the login server's own.
    Ready(Option<String>, u16),
    /// It shall take no new users; why, for people.
    Drain(String),
    /// It was ended; why.
    Terminated(Ending),
    /// It crashed or stopped answering; how.
    Lost(Ending),
}

/// Why an application server's life ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// A sentence for people, fit for the log: nothing in it is secret.
    pub reason: String,
    /// What was in the way, where it ended before it ever served.
    pub launch_failure: Option<LaunchFailure>,
}

/// The end of a server that has served, or was not wanted any more.
impl<Words: Into<String>> From<Words> for Ending {
    fn from(reason: Words) -> Self {
        Ending {
            reason: reason.into(),
            launch_failure: None,
        }
    }
}

impl Intent {
    /// The account that asks; nobody where it is the fleet, or an account that is only being made.
    pub fn actor(&self) -> Option<&Actor> {
        match self {
            Intent::Change { actor, .. }
            | Intent::ChangePassword { actor, .. }
            | Intent::TakeSeat(actor)
            | Intent::Logout(actor)
            | Intent::Delete(actor) => Some(actor),
            _ => None,
        }
    }

    /// Whom the log names as the one who did it.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Intent::Register(new) => Some(new.account),
            Intent::OpenSession(open) => Some(open.account),
            _ => self.actor().map(|actor| actor.account),
        }
    }

    /// The command behind it, where it is a person's.
    pub fn command(&self) -> Option<CommandName> {
        match self {
            Intent::Change { command, .. } => Some(command.name()),
            Intent::Register(_) => Some(CommandName::Register),
            Intent::OpenSession(_) => Some(CommandName::Login),
            Intent::Logout(_) => Some(CommandName::Logout),
            Intent::ChangePassword { .. } => Some(CommandName::ChangePassword),
            Intent::Delete(_) => Some(CommandName::Delete),
            _ => None,
        }
    }
}
