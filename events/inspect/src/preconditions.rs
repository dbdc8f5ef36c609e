//! Preconditions: the rows that must be there, or must not, for an event to be decided. They tell causes from what merely came
//! before, and which events of a log cannot happen any more when an earlier one is taken away. What each kind of event requires
//! stands in [`crate::event_kinds`].

use tenfold_core::escape::escaped;
use tenfold_core::facts::{Facts, InstanceState, Pair, PairState};
use tenfold_core::ids::{AccountId, GroupId, InstanceId, Position, SessionId};

use crate::names::Names;

/// One thing that must be so, and whether it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precondition {
    /// What must be so.
    pub requirement: Requirement,
    /// Whether it is.
    pub found: Found,
}

/// Whether a precondition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It does, by the event at that position.
    Since(Position),
    /// It does, and no one position stands for it.
    Holds,
    /// It does not.
    Missing,
}

/// What must be so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names and fields say what they are
pub enum Requirement {
    AccountLives(AccountId),
    NameIsFree(String),
    SessionLives(AccountId),
    HasNoSession(AccountId),
    ServerIs(InstanceId, &'static str),
    SeatIsFree(InstanceId, u16),
    HasNoSeat(AccountId),
    SitsOn(AccountId, InstanceId),
    NothingBetween(AccountId, AccountId),
    Invited { from: AccountId, to: AccountId },
    Friends(AccountId, AccountId),
    Blocks(AccountId, AccountId),
    BlocksNot(AccountId, AccountId),
    GroupExists(GroupId),
    GroupNameIsFree(String),
    IsMember(AccountId, GroupId),
    IsNoMember(AccountId, GroupId),
}

impl Requirement {
    /// The requirement as a clause.
    pub fn text(&self, names: &Names) -> String {
        match self {
            Requirement::AccountLives(account) => format!("the account of {} lives", names.account(*account)),
            Requirement::NameIsFree(name) => format!("nobody is called {}", escaped(name)),
            Requirement::SessionLives(account) => format!("{} is logged in", names.account(*account)),
            Requirement::HasNoSession(account) => format!("{} is not logged in", names.account(*account)),
            Requirement::ServerIs(instance, state) => format!("{} is {state}", names.server(*instance)),
            Requirement::SeatIsFree(instance, number) => {
                format!("seat {} on {} is free", number + 1, names.server(*instance))
            }
            Requirement::HasNoSeat(account) => format!("{} has no seat", names.account(*account)),
            Requirement::SitsOn(account, instance) => {
                format!("{} sits on {}", names.account(*account), names.server(*instance))
            }
            Requirement::NothingBetween(one, other) => {
                let (one, other) = (names.account(*one), names.account(*other));
                format!("{one} and {other} are no friends, nor has one invited the other")
            }
            Requirement::Invited { from, to } => {
                format!("{} has invited {}", names.account(*from), names.account(*to))
            }
            Requirement::Friends(one, other) => {
                format!("{} and {} are friends", names.account(*one), names.account(*other))
            }
            Requirement::Blocks(one, other) => {
                format!("{} blocks {}", names.account(*one), names.account(*other))
            }
            Requirement::BlocksNot(one, other) => {
                format!("{} does not block {}", names.account(*one), names.account(*other))
            }
            Requirement::GroupExists(group) => format!("there is the group {}", names.group(*group)),
            Requirement::GroupNameIsFree(name) => format!("no group is called {}", escaped(name)),
            Requirement::IsMember(account, group) => {
                format!("{} is in the group {}", names.account(*account), names.group(*group))
            }
            Requirement::IsNoMember(account, group) => {
                format!(
                    "{} is not in the group {}",
                    names.account(*account),
                    names.group(*group)
                )
            }
        }
    }
}

/// Looks preconditions up in facts, which are those before the event.
#[derive(Clone, Copy)]
pub(crate) struct Lookup<'a>(pub(crate) &'a Facts);

impl Lookup<'_> {
    pub(crate) fn account(self, account: AccountId) -> Precondition {
        let row = self.0.account(account);
        since(Requirement::AccountLives(account), row.map(|row| row.position))
    }

    pub(crate) fn name_is_free(self, name: &str) -> Precondition {
        let free = self.0.account_named(name).is_none();
        holds(Requirement::NameIsFree(name.to_owned()), free)
    }

    /// Any session of the account.
    pub(crate) fn logged_in(self, account: AccountId) -> Precondition {
        let session = self.0.session_of(account);
        since(Requirement::SessionLives(account), session.map(|row| row.position))
    }

    pub(crate) fn session(self, account: AccountId, session: SessionId) -> Precondition {
        let session = self.0.session_of(account).filter(|row| row.id == session);
        since(Requirement::SessionLives(account), session.map(|row| row.position))
    }

    pub(crate) fn has_no_session(self, account: AccountId) -> Precondition {
        let none = self.0.session_of(account).is_none();
        holds(Requirement::HasNoSession(account), none)
    }

    pub(crate) fn has_no_seat(self, account: AccountId, session: SessionId) -> Precondition {
        holds(Requirement::HasNoSeat(account), self.0.seat_of(session).is_none())
    }

    pub(crate) fn sits_on(self, account: AccountId, session: SessionId, instance: InstanceId) -> Precondition {
        let seat = self.0.seat_of(session);
        let sits = seat.is_some_and(|seat| seat.instance == instance);
        holds(Requirement::SitsOn(account, instance), sits)
    }

    pub(crate) fn seat_is_free(self, instance: InstanceId, number: u16) -> Precondition {
        let free = !self.0.is_taken(instance, number);
        holds(Requirement::SeatIsFree(instance, number), free)
    }

    pub(crate) fn nothing_between(self, one: AccountId, other: AccountId) -> Precondition {
        let nothing = self.0.pair(one, other).is_none();
        holds(Requirement::NothingBetween(one, other), nothing)
    }

    pub(crate) fn invited(self, from: AccountId, to: AccountId) -> Precondition {
        let waits = |pair: &Pair| pair.state == PairState::Invited && pair.inviter == from;
        since(Requirement::Invited { from, to }, self.pair(from, to, waits))
    }

    pub(crate) fn friends(self, one: AccountId, other: AccountId) -> Precondition {
        let friends = |pair: &Pair| pair.state == PairState::Friends;
        since(Requirement::Friends(one, other), self.pair(one, other, friends))
    }

    pub(crate) fn blocks(self, one: AccountId, other: AccountId) -> Precondition {
        let row = self.0.block(one, other);
        since(Requirement::Blocks(one, other), row.map(|row| row.position))
    }

    pub(crate) fn blocks_not(self, one: AccountId, other: AccountId) -> Precondition {
        let none = self.0.block(one, other).is_none();
        holds(Requirement::BlocksNot(one, other), none)
    }

    fn pair(self, one: AccountId, other: AccountId, wanted: impl Fn(&Pair) -> bool) -> Option<Position> {
        let pair = self.0.pair(one, other).filter(|pair| wanted(pair));
        pair.map(|pair| pair.position)
    }

    pub(crate) fn group(self, group: GroupId) -> Precondition {
        let row = self.0.group(group);
        since(Requirement::GroupExists(group), row.map(|row| row.position))
    }

    pub(crate) fn group_name_is_free(self, name: &str) -> Precondition {
        let free = self.0.group_named(name).is_none();
        holds(Requirement::GroupNameIsFree(name.to_owned()), free)
    }

    pub(crate) fn member(self, account: AccountId, group: GroupId) -> Precondition {
        let row = self.0.membership(group, account);
        since(Requirement::IsMember(account, group), row.map(|row| row.position))
    }

    pub(crate) fn no_member(self, account: AccountId, group: GroupId) -> Precondition {
        let none = !self.0.is_member(group, account);
        holds(Requirement::IsNoMember(account, group), none)
    }

    pub(crate) fn server_is_ready(self, instance: InstanceId) -> Precondition {
        self.server(instance, "ready", |state| state == InstanceState::Ready)
    }

    /// The server is in a state that comes before this one.
    pub(crate) fn server_may_become(self, instance: InstanceId, next: InstanceState) -> Precondition {
        self.server(instance, "in a state before", |state| state.may_become(next))
    }

    fn server(self, id: InstanceId, wanted: &'static str, fits: impl Fn(InstanceState) -> bool) -> Precondition {
        let instance = self.0.instance(id).filter(|instance| fits(instance.state));
        since(Requirement::ServerIs(id, wanted), instance.map(|row| row.position))
    }
}

fn since(requirement: Requirement, position: Option<Position>) -> Precondition {
    let found = position.map_or(Found::Missing, Found::Since);
    Precondition { requirement, found }
}

fn holds(requirement: Requirement, is_so: bool) -> Precondition {
    let found = if is_so { Found::Holds } else { Found::Missing };
    Precondition { requirement, found }
}
