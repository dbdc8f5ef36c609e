//! The kinds of events, with the stream each belongs to, who is told of it, and what it is about.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::command::name::CommandName;
use crate::ids::{AccountId, GroupId, InstanceId, LoginServerId, Position, SessionId};
use crate::launch_failure::LaunchFailure;
use crate::refusal::RefusalCode;

/// An event. A personal field is skipped here and written to a column of its own, so that it can be sealed and erased;
/// the table of `free_text.rs` says of every field what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the fields say what they are
pub enum Event {
    /// Somebody made an account; `name` is personal.
    AccountRegistered {
        account: AccountId,
        #[serde(skip)]
        name: String,
    },
    /// The account is gone, with its friendships, invites, posts and memberships; its name is free.
    AccountDeleted { account: AccountId },
    /// Somebody has another password. Neither the old nor the new one is in the log.
    PasswordChanged { account: AccountId },
    /// Somebody logged in who had no session; `waited_ms` is how many milliseconds for a seat, where there was none at once.
    SessionStarted {
        session: SessionId,
        account: AccountId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waited_ms: Option<u32>,
    },
    /// Somebody logged in again and got the session they had; `instance` is where it was seated.
    SessionResumed {
        session: SessionId,
        account: AccountId,
        instance: Option<InstanceId>,
    },
    /// The session is over; up to `acknowledged` its messages had been shown.
    SessionEnded {
        session: SessionId,
        account: AccountId,
        reason: SessionEnd,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        acknowledged: Option<Position>,
    },
    /// The session is served by that application server, on that of its `seats` seats.
    SeatTaken {
        session: SessionId,
        account: AccountId,
        instance: InstanceId,
        number: u16,
        seats: u16,
    },
    /// The session is no longer served there.
    SeatReleased {
        session: SessionId,
        account: AccountId,
        instance: InstanceId,
        reason: SeatRelease,
    },
    /// `from` asked `to` to be friends.
    InviteSent { from: AccountId, to: AccountId },
    /// `by` accepted the invite of `from`: they are friends.
    InviteAccepted { by: AccountId, from: AccountId },
    /// `by` declined the invite of `from`: it is gone.
    InviteDeclined { by: AccountId, from: AccountId },
    /// `by` ended the friendship with `whom`.
    Unfriended { by: AccountId, whom: AccountId },
    /// `by` blocked `whom`: friendship and invites between them are gone, and for `whom` there is no `by` any more.
    Blocked { by: AccountId, whom: AccountId },
    /// `by` does not block `whom` any more.
    Unblocked { by: AccountId, whom: AccountId },
    /// `author` posted; `text` is personal.
    Posted {
        author: AccountId,
        #[serde(skip)]
        text: String,
    },
    /// `creator` made a group and is in it.
    GroupCreated {
        group: GroupId,
        name: String,
        creator: AccountId,
    },
    /// `account` joined.
    GroupJoined { group: GroupId, account: AccountId },
    /// `account` is no member any more.
    GroupLeft { group: GroupId, account: AccountId },
    /// A message to one person; `text` is personal.
    MessageSent {
        from: AccountId,
        to: AccountId,
        #[serde(skip)]
        text: String,
    },
    /// A message to the members of a group whose session lives now; `text` is personal.
    GroupMessageSent {
        from: AccountId,
        group: GroupId,
        #[serde(skip)]
        text: String,
    },
    /// The fleet wants another application server; recorded before the provider is asked. `reason` is for people: the demand
    /// that was found.
    InstanceRequested {
        instance: InstanceId,
        seats: u16,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// The provider started it and calls it `reference`.
    InstanceLaunched { instance: InstanceId, reference: String },
    /// It serves at that address; without a host, at the login server's own.
    InstanceReady {
        instance: InstanceId,
        host: Option<String>,
        port: u16,
    },
    /// It takes no new users; those it has are moved. `reason` is for people.
    InstanceDraining {
        instance: InstanceId,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// It was ended; `reason` is for people. Where it ends before it ever served, `launch_failure` says what was in the way.
    InstanceTerminated {
        instance: InstanceId,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        launch_failure: Option<LaunchFailure>,
    },
    /// It crashed or stopped answering; `reason` and `launch_failure` as above.
    InstanceLost {
        instance: InstanceId,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        launch_failure: Option<LaunchFailure>,
    },
    /// A login server of this `version` started with these `options`, as one would type them, the usual ones too: what the fleet does from
    /// then on is explained by them.
    LoginServerStarted {
        server: LoginServerId,
        version: String,
        options: String,
    },
    /// A command of a live session was refused by its own checks: which, and whom or what it was about.
    CommandRefused {
        account: AccountId,
        session: SessionId,
        command: CommandName,
        code: RefusalCode,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<Uuid>,
    },
}

/// The kinds that leave no row in any projection: of no consequence for what comes later.
pub const WITHOUT_ROWS: [&str; 6] = [
    "PasswordChanged",
    "MessageSent",
    "GroupMessageSent",
    "SessionResumed",
    "LoginServerStarted",
    "CommandRefused",
];

/// Whether a projection may have rows by events of that kind.
pub fn may_make_rows(kind: &str) -> bool {
    !WITHOUT_ROWS.contains(&kind)
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionEnd {
    /// By `logout`.
    Logout,
    /// By `delete`.
    Deleted,
    /// No connection was attached to it for the session's time to live.
    Expired,
    /// By `change-password`: another one begins with it.
    Password,
}

/// Why a seat was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeatRelease {
    /// To take another one elsewhere.
    Moved,
    /// Nobody was connected for the seat's hold time.
    Left,
    /// The server is lost.
    Lost,
    /// The session ended.
    Ended,
}

/// What an event belongs to; its versions count from 1 without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stream {
    /// What an account did and what became of its sessions and seats.
    Account(AccountId),
    /// The making of a group.
    Group(GroupId),
    /// The life of an application server.
    Instance(InstanceId),
    /// The start of a login server.
    LoginServer(LoginServerId),
}

impl Stream {
    /// The id alone, which is unique among all kinds.
    pub fn id(self) -> Uuid {
        match self {
            Stream::Account(id) => id.0,
            Stream::Group(id) => id.0,
            Stream::Instance(id) => id.0,
            Stream::LoginServer(id) => id.0,
        }
    }
}

impl std::fmt::Display for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stream::Account(id) => write!(f, "account/{id}"),
            Stream::Group(id) => write!(f, "group/{id}"),
            Stream::Instance(id) => write!(f, "instance/{id}"),
            Stream::LoginServer(id) => write!(f, "login-server/{id}"),
        }
    }
}

impl Event {
    /// The stream it belongs to: that of whoever did it, or of the server.
    pub fn stream(&self) -> Stream {
        match self {
            Event::AccountRegistered { account, .. }
            | Event::AccountDeleted { account }
            | Event::PasswordChanged { account }
            | Event::SessionStarted { account, .. }
            | Event::SessionResumed { account, .. }
            | Event::SessionEnded { account, .. }
            | Event::SeatTaken { account, .. }
            | Event::SeatReleased { account, .. }
            | Event::GroupJoined { account, .. }
            | Event::GroupLeft { account, .. }
            | Event::CommandRefused { account, .. }
            | Event::InviteSent { from: account, .. }
            | Event::InviteAccepted { by: account, .. }
            | Event::InviteDeclined { by: account, .. }
            | Event::Unfriended { by: account, .. }
            | Event::Blocked { by: account, .. }
            | Event::Unblocked { by: account, .. }
            | Event::Posted { author: account, .. }
            | Event::GroupCreated { creator: account, .. }
            | Event::MessageSent { from: account, .. }
            | Event::GroupMessageSent { from: account, .. } => Stream::Account(*account),
            Event::InstanceRequested { instance, .. }
            | Event::InstanceLaunched { instance, .. }
            | Event::InstanceReady { instance, .. }
            | Event::InstanceDraining { instance, .. }
            | Event::InstanceTerminated { instance, .. }
            | Event::InstanceLost { instance, .. } => Stream::Instance(*instance),
            Event::LoginServerStarted { server, .. } => Stream::LoginServer(*server),
        }
    }

    /// What was in the way of the launch that this event is the end of; `None` for everything else.
    pub fn launch_failure(&self) -> Option<LaunchFailure> {
        match self {
            Event::InstanceTerminated { launch_failure, .. } | Event::InstanceLost { launch_failure, .. } => {
                *launch_failure
            }
            _ => None,
        }
    }

    /// Whom or what it is about besides its stream: who is invited, which group is joined, on which server a seat is taken.
    /// The SQL function `event_about` says the same, by the fields' names.
    pub fn about(&self) -> Option<Uuid> {
        match self {
            Event::InviteSent { to, .. } | Event::MessageSent { to, .. } => Some(to.0),
            Event::InviteAccepted { from, .. } | Event::InviteDeclined { from, .. } => Some(from.0),
            Event::Unfriended { whom, .. } | Event::Blocked { whom, .. } | Event::Unblocked { whom, .. } => {
                Some(whom.0)
            }
            Event::GroupCreated { group, .. }
            | Event::GroupJoined { group, .. }
            | Event::GroupLeft { group, .. }
            | Event::GroupMessageSent { group, .. } => Some(group.0),
            Event::SeatTaken { instance, .. } | Event::SeatReleased { instance, .. } => Some(instance.0),
            Event::SessionResumed { instance, .. } => instance.map(|instance| instance.0),
            Event::CommandRefused { about, .. } => *about,
            Event::AccountRegistered { .. }
            | Event::AccountDeleted { .. }
            | Event::PasswordChanged { .. }
            | Event::SessionStarted { .. }
            | Event::SessionEnded { .. }
            | Event::Posted { .. }
            | Event::InstanceRequested { .. }
            | Event::InstanceLaunched { .. }
            | Event::InstanceReady { .. }
            | Event::InstanceDraining { .. }
            | Event::InstanceTerminated { .. }
            | Event::InstanceLost { .. }
            | Event::LoginServerStarted { .. } => None,
        }
    }

    /// Whether it is something that somebody wrote to others.
    pub fn is_message(&self) -> bool {
        matches!(self, Event::MessageSent { .. } | Event::GroupMessageSent { .. })
    }

    /// Whose connections must be told: an account's or, for a group message, those of the group's members.
    pub fn recipient(&self) -> Option<Uuid> {
        match self {
            Event::MessageSent { to, .. } => Some(to.0),
            Event::GroupMessageSent { group, .. } => Some(group.0),
            Event::SessionEnded { account, .. }
            | Event::SeatReleased {
                account,
                reason: SeatRelease::Moved,
                ..
            } => Some(account.0),
            _ => None,
        }
    }
}
