//! The fold: what each event changes. This is the one definition of every projection.

use super::account::Account;
use super::block::Block;
use super::group::Group;
use super::instance::{Instance, InstanceState};
use super::membership::Membership;
use super::pair::{Pair, PairKey, PairState};
use super::post::Post;
use super::projections::{Change, Facts, Key, Projection};
use super::seat::Seat;
use super::session::Session;
use crate::event::Event;
use crate::ids::{AccountId, InstanceId, Position};

/// An event that cannot have happened after what happened before it: the log is damaged, or a build decided wrongly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// An instance in that state can't come into this one.
    #[error("instance {instance} cannot become {to} from {from}")]
    Transition {
        /// Which instance.
        instance: InstanceId,
        /// The state it was in; `none` before its request.
        from: &'static str,
        /// The state it would come into.
        to: &'static str,
    },
}

impl Facts {
    /// Folds in an event: the rows change, and the changes are named so that others can follow. Needs to know only
    /// the instance whose state an event changes; every other event tells all by itself.
    ///
    /// # Errors
    /// [`Impossible`]; the rows are then unchanged.
    pub fn apply(&mut self, position: Position, version: i64, event: &Event) -> Result<Vec<Change>, Impossible> {
        let changes = self.changes(position, event)?;
        for change in &changes {
            self.absorb(change.clone());
        }
        self.set_version(event.stream().id(), version);
        Ok(changes)
    }

    /// [`Facts::apply`] for whoever need not be told what changed, such as a replay of millions of events.
    ///
    /// # Errors
    /// The same.
    pub fn fold(&mut self, position: Position, version: i64, event: &Event) -> Result<(), Impossible> {
        for change in self.changes(position, event)? {
            self.absorb(change);
        }
        self.set_version(event.stream().id(), version);
        Ok(())
    }

    /// What an event changes, for whoever keeps the rows in a way of their own; nothing is changed here. As with
    /// [`Facts::apply`], only the instance need be known whose state an event changes.
    ///
    /// # Errors
    /// [`Impossible`].
    pub fn changes(&self, position: Position, event: &Event) -> Result<Vec<Change>, Impossible> {
        Ok(match event {
            Event::AccountRegistered { account, name } => {
                vec![Change::put(Account {
                    id: *account,
                    name: name.clone(),
                    position,
                })]
            }
            Event::AccountDeleted { account } => vec![
                Change::RemoveAllOf(Projection::Pair, *account),
                Change::RemoveAllOf(Projection::Block, *account),
                Change::RemoveAllOf(Projection::Post, *account),
                Change::RemoveAllOf(Projection::Membership, *account),
                Change::Remove(Key::Account(*account)),
            ],
            Event::SessionStarted { session, account, .. } => {
                vec![Change::put(Session {
                    id: *session,
                    account: *account,
                    position,
                })]
            }
            Event::SessionEnded { account, .. } => vec![Change::Remove(Key::Session(*account))],
            Event::SeatTaken {
                session,
                account,
                instance,
                number,
                seats,
            } => vec![Change::put(Seat {
                session: *session,
                account: *account,
                instance: *instance,
                number: *number,
                seats: *seats,
            })],
            Event::SeatReleased { session, .. } => vec![Change::Remove(Key::Seat(*session))],
            Event::InviteSent { from, to } => vec![pair(*from, *to, PairState::Invited, position)],
            Event::InviteDeclined { by, from } => vec![Change::Remove(Key::Pair(PairKey::of(*from, *by)))],
            Event::InviteAccepted { by, from } => vec![pair(*from, *by, PairState::Friends, position)],
            Event::Unfriended { by, whom } => vec![Change::Remove(Key::Pair(PairKey::of(*by, *whom)))],
            Event::Blocked { by, whom } => vec![
                Change::Remove(Key::Pair(PairKey::of(*by, *whom))),
                Change::put(Block {
                    blocker: *by,
                    blocked: *whom,
                    position,
                }),
            ],
            Event::Unblocked { by, whom } => vec![Change::Remove(Key::Block((*by, *whom)))],
            Event::Posted { author, text } => {
                vec![Change::put(Post {
                    position,
                    author: *author,
                    text: text.clone(),
                })]
            }
            Event::GroupCreated { group, name, creator } => vec![
                Change::put(Group {
                    id: *group,
                    name: name.clone(),
                    position,
                }),
                Change::put(Membership {
                    group: *group,
                    account: *creator,
                    position,
                }),
            ],
            Event::GroupJoined { group, account } => {
                vec![Change::put(Membership {
                    group: *group,
                    account: *account,
                    position,
                })]
            }
            Event::GroupLeft { group, account } => vec![Change::Remove(Key::Membership((*group, *account)))],
            Event::InstanceRequested { instance, seats, .. } => vec![requested(*instance, *seats, position)],
            Event::InstanceLaunched { instance, reference } => {
                let instance = self.becoming(*instance, InstanceState::Launched)?;
                vec![Change::put(Instance {
                    reference: Some(reference.clone()),
                    ..instance
                })]
            }
            Event::InstanceReady { instance, host, port } => {
                let instance = self.becoming(*instance, InstanceState::Ready)?;
                vec![Change::put(Instance {
                    host: host.clone(),
                    port: Some(*port),
                    ..instance
                })]
            }
            Event::InstanceDraining { instance, .. } => {
                vec![Change::put(self.becoming(*instance, InstanceState::Draining)?)]
            }
            Event::InstanceTerminated { instance, .. } => {
                vec![Change::put(self.becoming(*instance, InstanceState::Terminated)?)]
            }
            Event::InstanceLost { instance, .. } => {
                vec![Change::put(self.becoming(*instance, InstanceState::Lost)?)]
            }
            Event::SessionResumed { .. }
            | Event::PasswordChanged { .. }
            | Event::MessageSent { .. }
            | Event::GroupMessageSent { .. }
            | Event::LoginServerStarted { .. }
            | Event::CommandRefused { .. } => Vec::new(),
        })
    }

    fn becoming(&self, id: InstanceId, next: InstanceState) -> Result<Instance, Impossible> {
        let known = self.instance(id);
        match known {
            Some(instance) if instance.state.may_become(next) => Ok(Instance {
                state: next,
                ..instance.clone()
            }),
            _ => Err(Impossible::Transition {
                instance: id,
                from: known.map_or("none", |instance| instance.state.name()),
                to: next.name(),
            }),
        }
    }
}

fn pair(inviter: AccountId, invitee: AccountId, state: PairState, position: Position) -> Change {
    Change::put(Pair {
        key: PairKey::of(inviter, invitee),
        state,
        inviter,
        position,
    })
}

fn requested(id: InstanceId, seats: u16, position: Position) -> Change {
    let state = InstanceState::Requested;
    Change::put(Instance {
        id,
        state,
        seats,
        reference: None,
        host: None,
        port: None,
        position,
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ids::SessionId;

    fn account(number: u128) -> AccountId {
        AccountId(Uuid::from_u128(number))
    }

    fn fold(events: &[Event]) -> Facts {
        let mut facts = Facts::default();
        for (index, event) in events.iter().enumerate() {
            facts
                .apply(Position(index as i64 + 1), index as i64 + 1, event)
                .unwrap();
        }
        facts
    }

    #[test]
    fn deleting_an_account_takes_all_that_was_its_own() {
        let (alice, bob) = (account(1), account(2));
        let group = crate::ids::GroupId(Uuid::from_u128(3));
        let mut events = vec![
            Event::AccountRegistered {
                account: alice,
                name: "alice".into(),
            },
            Event::AccountRegistered {
                account: bob,
                name: "bob".into(),
            },
        ];
        let without = fold(&events);
        events.extend([
            Event::InviteSent { from: alice, to: bob },
            Event::Posted {
                author: alice,
                text: "x".into(),
            },
            Event::GroupCreated {
                group,
                name: "g".into(),
                creator: alice,
            },
        ]);
        let mut facts = fold(&events);
        facts
            .apply(Position(6), 6, &Event::AccountDeleted { account: alice })
            .unwrap();
        assert_eq!(facts.account_named("alice"), None);
        assert_eq!(
            facts.pairs().count() + facts.posts().count() + facts.memberships().count(),
            0
        );
        assert!(facts.group_named("g").is_some(), "groups it created live on");
        assert_eq!(facts.account(bob), without.account(bob));
    }

    #[test]
    fn an_instance_cannot_skip_its_request() {
        let instance = InstanceId(Uuid::from_u128(9));
        let launched = Event::InstanceLaunched {
            instance,
            reference: "1".into(),
        };
        assert!(Facts::default().apply(Position(1), 1, &launched).is_err());
    }

    #[test]
    fn a_released_seat_is_free_again() {
        let instance = InstanceId(Uuid::from_u128(9));
        let (session, account) = (SessionId(Uuid::from_u128(5)), account(1));
        let facts = fold(&[
            Event::InstanceRequested {
                instance,
                seats: 1,
                reason: String::new(),
            },
            Event::InstanceReady {
                instance,
                host: None,
                port: 1,
            },
            Event::SeatTaken {
                session,
                account,
                instance,
                number: 0,
                seats: 1,
            },
        ]);
        assert_eq!(facts.free_seat(None), None);
        let mut freed = facts.clone();
        let reason = crate::event::SeatRelease::Left;
        freed
            .apply(
                Position(9),
                9,
                &Event::SeatReleased {
                    session,
                    account,
                    instance,
                    reason,
                },
            )
            .unwrap();
        assert!(freed.free_seat(None).is_some());
    }
}
