//! What an event rests on: the rows that must have been there, or must not, for it to be decided. This tells causes
//! from what merely came before, and which events of a log lose their ground when an earlier one is taken away.

use tenfold_core::event::Event;
use tenfold_core::facts::{Facts, InstanceState, Pair, PairState};
use tenfold_core::ids::{AccountId, GroupId, InstanceId, Position, SessionId};

/// One thing that must be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Premise {
    /// What.
    pub ground: Ground,
    /// Whether it is.
    pub found: Found,
}

/// Whether a premise holds.
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
pub enum Ground {
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
    GroupExists(GroupId),
    GroupNameIsFree(String),
    IsMember(AccountId, GroupId),
    IsNoMember(AccountId, GroupId),
}

/// Everything that must be so before `event`, as `facts` (those before it) have it.
pub fn premises(facts: &Facts, event: &Event) -> Vec<Premise> {
    let look = Look(facts);
    match event {
        Event::AccountRegistered { name, .. } => vec![look.name_is_free(name)],
        Event::AccountDeleted { account } => vec![look.account(*account)],
        Event::SessionStarted { account, .. } => {
            let none = facts.session_of(*account).is_none();
            vec![look.account(*account), holds(Ground::HasNoSession(*account), none)]
        }
        Event::SessionResumed { session, account, .. } | Event::SessionEnded { session, account, .. } => {
            vec![look.session(*account, Some(*session))]
        }
        Event::SeatTaken {
            session,
            account,
            instance,
            number,
            ..
        } => vec![
            look.session(*account, Some(*session)),
            holds(Ground::HasNoSeat(*account), facts.seat_of(*session).is_none()),
            look.instance(*instance, "ready", |state| state == InstanceState::Ready),
            holds(
                Ground::SeatIsFree(*instance, *number),
                !facts.is_taken(*instance, *number),
            ),
        ],
        Event::SeatReleased {
            session,
            account,
            instance,
            ..
        } => {
            let sits = facts.seat_of(*session).is_some_and(|seat| seat.instance == *instance);
            vec![holds(Ground::SitsOn(*account, *instance), sits)]
        }
        Event::InviteSent { from, to } => vec![
            look.session(*from, None),
            look.account(*to),
            holds(Ground::NothingBetween(*from, *to), facts.pair(*from, *to).is_none()),
        ],
        Event::InviteAccepted { by, from } => vec![look.session(*by, None), look.invited(*from, *by)],
        Event::Posted { author, .. } => vec![look.session(*author, None)],
        Event::GroupCreated { name, creator, .. } => {
            let free = facts.group_named(name).is_none();
            vec![
                look.session(*creator, None),
                holds(Ground::GroupNameIsFree(name.clone()), free),
            ]
        }
        Event::GroupJoined { group, account } => vec![
            look.session(*account, None),
            look.group(*group),
            holds(Ground::IsNoMember(*account, *group), !facts.is_member(*group, *account)),
        ],
        Event::MessageSent { from, to, .. } => vec![
            look.session(*from, None),
            look.friends(*from, *to),
            look.session(*to, None),
        ],
        Event::GroupMessageSent { from, group, .. } => {
            vec![look.session(*from, None), look.member(*from, *group)]
        }
        Event::CommandRefused { account, session, .. } => vec![look.session(*account, Some(*session))],
        Event::InstanceRequested { .. } => Vec::new(),
        Event::InstanceLaunched { instance, .. } => look.becoming(*instance, InstanceState::Launched),
        Event::InstanceReady { instance, .. } => look.becoming(*instance, InstanceState::Ready),
        Event::InstanceDraining { instance } => look.becoming(*instance, InstanceState::Draining),
        Event::InstanceTerminated { instance, .. } => look.becoming(*instance, InstanceState::Terminated),
        Event::InstanceLost { instance, .. } => look.becoming(*instance, InstanceState::Lost),
    }
}

/// Looks at facts for one premise after the other.
struct Look<'a>(&'a Facts);

impl Look<'_> {
    fn account(&self, account: AccountId) -> Premise {
        since(
            Ground::AccountLives(account),
            self.0.account(account).map(|row| row.position),
        )
    }

    fn name_is_free(&self, name: &str) -> Premise {
        holds(
            Ground::NameIsFree(name.to_owned()),
            self.0.account_named(name).is_none(),
        )
    }

    fn session(&self, account: AccountId, which: Option<SessionId>) -> Premise {
        let session = self
            .0
            .session_of(account)
            .filter(|row| which.is_none_or(|id| id == row.id));
        since(Ground::SessionLives(account), session.map(|row| row.position))
    }

    fn pair(&self, one: AccountId, other: AccountId, wanted: impl Fn(&Pair) -> bool) -> Option<Position> {
        self.0
            .pair(one, other)
            .filter(|pair| wanted(pair))
            .map(|pair| pair.position)
    }

    fn invited(&self, from: AccountId, to: AccountId) -> Premise {
        let waits = |pair: &Pair| pair.state == PairState::Invited && pair.inviter == from;
        since(Ground::Invited { from, to }, self.pair(from, to, waits))
    }

    fn friends(&self, one: AccountId, other: AccountId) -> Premise {
        let friends = |pair: &Pair| pair.state == PairState::Friends;
        since(Ground::Friends(one, other), self.pair(one, other, friends))
    }

    fn group(&self, group: GroupId) -> Premise {
        since(Ground::GroupExists(group), self.0.group(group).map(|row| row.position))
    }

    fn member(&self, account: AccountId, group: GroupId) -> Premise {
        let membership = self.0.membership(group, account);
        since(Ground::IsMember(account, group), membership.map(|row| row.position))
    }

    fn instance(&self, id: InstanceId, wanted: &'static str, fits: impl Fn(InstanceState) -> bool) -> Premise {
        let instance = self.0.instance(id).filter(|instance| fits(instance.state));
        since(Ground::ServerIs(id, wanted), instance.map(|row| row.position))
    }

    fn becoming(&self, id: InstanceId, next: InstanceState) -> Vec<Premise> {
        vec![self.instance(id, "in a state before", |state| state.may_become(next))]
    }
}

fn since(ground: Ground, position: Option<Position>) -> Premise {
    let found = position.map_or(Found::Missing, Found::Since);
    Premise { ground, found }
}

fn holds(ground: Ground, is_so: bool) -> Premise {
    let found = if is_so { Found::Holds } else { Found::Missing };
    Premise { ground, found }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenfold_synthetic::{Shape, Synthetic};

    #[test]
    fn whatever_is_decided_rests_on_what_is_there() {
        for seed in 1..=4 {
            let mut facts = Facts::default();
            for recorded in Synthetic::new(Shape::dense(seed)).take(4000) {
                for premise in premises(&facts, &recorded.event) {
                    assert_ne!(
                        premise.found,
                        Found::Missing,
                        "{:?}: {:?}",
                        recorded.event,
                        premise.ground
                    );
                    if let Found::Since(position) = premise.found {
                        assert!(position < recorded.position);
                    }
                }
                facts
                    .apply(recorded.position, recorded.version, &recorded.event)
                    .unwrap();
            }
        }
    }
}
