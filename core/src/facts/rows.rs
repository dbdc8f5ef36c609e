//! The rows. Positions in them are those of the event that made them, and give every list its order.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, GroupId, InstanceId, Position, SessionId};

/// A living account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name; unique among the living.
    pub name: String,
    /// When it was registered.
    pub position: Position,
}

/// A live session; an account has one at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountId,
    /// When it started; messages from before are not for it.
    pub position: Position,
}

/// A taken seat on an application server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Who sits there.
    pub session: SessionId,
    /// The session's account.
    pub account: AccountId,
    /// On which server.
    pub instance: InstanceId,
    /// Which of its seats, from 0.
    pub number: u16,
    /// How many seats that server has; `number` is below it.
    pub seats: u16,
}

/// Two people, the same whichever is named first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PairKey {
    /// The lower id.
    pub low: AccountId,
    /// The higher id.
    pub high: AccountId,
}

impl PairKey {
    /// The pair of two people.
    pub fn of(one: AccountId, other: AccountId) -> PairKey {
        PairKey {
            low: one.min(other),
            high: one.max(other),
        }
    }
}

/// What two people are to each other. One row for both, so that invites that cross conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Who.
    pub key: PairKey,
    /// An open invite, or friends.
    pub state: PairState,
    /// Which of the two invited the other.
    pub inviter: AccountId,
    /// Since when they are in that state.
    pub position: Position,
}

impl Pair {
    /// The one who was invited.
    pub fn invitee(&self) -> AccountId {
        if self.inviter == self.key.low {
            self.key.high
        } else {
            self.key.low
        }
    }
}

/// The state of a [`Pair`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PairState {
    /// An invite waits to be accepted.
    Invited,
    /// It was.
    Friends,
}

/// A post of a living account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// When; also its key.
    pub position: Position,
    /// By whom.
    pub author: AccountId,
    /// What.
    pub text: String,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its name; unique.
    pub name: String,
    /// When it was made.
    pub position: Position,
}

/// Somebody in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Where.
    pub group: GroupId,
    /// Who.
    pub account: AccountId,
    /// Since when.
    pub position: Position,
}

/// An application server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// Where it is in its life.
    pub state: InstanceState,
    /// How many seats it has.
    pub seats: u16,
    /// What its provider calls it, once launched.
    pub reference: Option<String>,
    /// Its host, once ready; none where it is the login server's own.
    pub host: Option<String>,
    /// Its port, once ready.
    pub port: Option<u16>,
    /// When it was requested.
    pub position: Position,
}

/// The life of an application server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InstanceState {
    /// Wanted; the provider may or may not have been asked.
    Requested,
    /// The provider started it.
    Launched,
    /// It serves.
    Ready,
    /// It takes no new users.
    Draining,
    /// It was ended. Nothing follows.
    Terminated,
    /// It crashed or stopped answering; what is left of it is to be ended.
    Lost,
}

impl InstanceState {
    /// The state's name, as shown and stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Launched => "launched",
            Self::Ready => "ready",
            Self::Draining => "draining",
            Self::Terminated => "terminated",
            Self::Lost => "lost",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<InstanceState> {
        [
            Self::Requested,
            Self::Launched,
            Self::Ready,
            Self::Draining,
            Self::Terminated,
            Self::Lost,
        ]
        .into_iter()
        .find(|state| state.name() == name)
    }

    /// Whether a server in this state may come into state `next`.
    pub fn may_become(self, next: InstanceState) -> bool {
        use InstanceState::{Draining, Launched, Lost, Ready, Requested, Terminated};
        match (self, next) {
            // A server may announce itself before its launch was recorded: whoever launched it may have died.
            (Requested, Launched | Ready) | (Launched, Ready) => true,
            (Requested | Launched | Ready, Draining) => true,
            (Requested | Launched | Ready | Draining, Lost | Terminated) => true,
            (Lost, Terminated) => true,
            _ => false,
        }
    }

    /// Whether it has ended, one way or the other, as far as users are concerned.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Terminated | Self::Lost)
    }
}

#[cfg(test)]
mod tests {
    use super::InstanceState::{Draining, Launched, Lost, Ready, Requested, Terminated};

    #[test]
    fn a_life_goes_forward_only() {
        let states = [Requested, Launched, Ready, Draining, Lost, Terminated];
        for (earlier, from) in states.iter().enumerate() {
            for (later, to) in states.iter().enumerate() {
                assert!(!from.may_become(*to) || earlier < later, "{from:?} to {to:?}");
            }
        }
        assert!(Lost.may_become(Terminated) && !Terminated.may_become(Lost));
    }
}
