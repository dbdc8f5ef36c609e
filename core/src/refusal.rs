//! The refusals of a command's own checks (check 4), by code and in words.

use serde::{Deserialize, Serialize};

use crate::name::{self, BadName};

/// Which of the checks said no. The code goes into the log, the words to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RefusalCode {
    /// register: somebody has that name.
    NameTaken,
    /// register, create-group: the word is no name.
    BadName,
    /// register, create-group: it could be taken for a name that somebody or some group has.
    LookAlike,
    /// invite: oneself.
    InviteYourself,
    /// invite: nobody is called so.
    NoSuchInvitee,
    /// invite: they are friends.
    AlreadyFriend,
    /// invite: the invitation is open.
    AlreadyInvited,
    /// invite: the other was first.
    HasInvitedYou,
    /// accept-invite: there is no such invitation.
    DidNotInviteYou,
    /// send: nobody is called so.
    NoSuchUser,
    /// send, unfriend: they are no friends.
    NotYourFriend,
    /// send: the friend has no live session.
    NotOnline,
    /// create-group: the name is taken.
    GroupExists,
    /// join-group, leave-group: no group is called so.
    GroupDoesNotExist,
    /// join-group: one is in it.
    AlreadyMember,
    /// send-group: no group is called so.
    NoSuchGroup,
    /// send-group, leave-group: one is not in it.
    NotMember,
    /// block: oneself.
    BlockYourself,
    /// block: nobody is called so.
    NobodyToBlock,
    /// block: they are blocked.
    AlreadyBlocked,
    /// unblock: they are not blocked.
    NotBlocked,
}

impl RefusalCode {
    /// What the person reads; `subject` is the name they typed.
    pub fn message(self, subject: &str) -> String {
        let broken = || name::check(subject).err().unwrap_or(BadName::Invisible);
        let subject = name::shortened(subject);
        match self {
            Self::NameTaken => format!("{subject} is already used"),
            Self::BadName => broken().to_string(),
            Self::LookAlike => format!("{subject} looks like a name that is already used"),
            Self::InviteYourself => "You cannot invite yourself".into(),
            Self::NoSuchInvitee | Self::GroupDoesNotExist | Self::NobodyToBlock => format!("{subject} does not exist"),
            Self::AlreadyFriend => format!("{subject} is already your friend"),
            Self::AlreadyInvited => "Already invited".into(),
            Self::HasInvitedYou => format!("{subject} has invited you"),
            Self::DidNotInviteYou => format!("{subject} did not invite you"),
            Self::NoSuchUser => "No such user exist".into(),
            Self::NotYourFriend => format!("{subject} is not your friend"),
            Self::NotOnline => format!("{subject} is not online"),
            Self::GroupExists => format!("{subject} already exist"),
            Self::AlreadyMember => format!("Already a member of {subject}"),
            Self::NoSuchGroup => "No such group exist".into(),
            Self::NotMember => format!("You are not the member of {subject}"),
            Self::BlockYourself => "You cannot block yourself".into(),
            Self::AlreadyBlocked => "Already blocked".into(),
            Self::NotBlocked => format!("{subject} is not blocked"),
        }
    }
}

/// A refusal and whom or what it is about, by id: names are a person's own and stay out of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which check.
    pub code: RefusalCode,
    /// The account or group the check looked at, where there is one.
    pub about: Option<uuid::Uuid>,
}

impl Refusal {
    /// A refusal about something that exists.
    pub fn about(code: RefusalCode, about: impl Into<Option<uuid::Uuid>>) -> Refusal {
        Refusal {
            code,
            about: about.into(),
        }
    }
}

impl From<RefusalCode> for Refusal {
    fn from(code: RefusalCode) -> Self {
        Refusal { code, about: None }
    }
}
