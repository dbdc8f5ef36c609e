//! A small world in which random things happen: few names, so that they get into each other's way.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use tenfold_core::command::{Actor, AppCommand, CommandName, NewAccount, OpenSession};
use tenfold_core::decide::{Decision, Rejection, decide};
use tenfold_core::event::{Event, SeatRelease};
use tenfold_core::facts::Facts;
use tenfold_core::ids::{AccountId, InstanceId, LoginServerId, Position, SessionId};
use tenfold_core::intent::{InstanceStep, Intent, NewLoginServer};
use uuid::Uuid;

/// The last one is bad.
pub const NAMES: [&str; 5] = ["ann", "ben", "cat", "dan", "\u{200b}"];
const GROUPS: [&str; 3] = ["crew", "ann", "\u{7}"];
/// Steps are about the youngest of the servers.
const INSTANCES: usize = 4;
/// Few, so that they run out.
const SEATS: u16 = 2;

/// One random thing to ask for; [`World::intent`] gives it its sense.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    kind: u8,
    /// Whose name.
    who: u8,
    /// Whom or what it is about.
    whom: u8,
    /// At 0 it comes from a session or a server that may be out of date.
    luck: u8,
}

impl Step {
    /// Whether it invites, and who whom.
    pub fn is_invite(&self, who: u8, whom: u8) -> bool {
        (self.kind, self.who, self.whom) == (FIRST_COMMAND, who, whom)
    }
}

pub fn step() -> impl Strategy<Value = Step> {
    // People's commands come more often than the fleet's, and two people have more to do with each other.
    let kind = prop_oneof![1 => 0u8..KINDS, 1 => FIRST_COMMAND..KINDS];
    let person = || prop_oneof![1 => 0u8..2, 1 => 0u8..5];
    (kind, person(), person(), 0u8..8).prop_map(|(kind, who, whom, luck)| Step { kind, who, whom, luck })
}

pub fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 0..most)
}

/// Every command of the application servers, by and about everybody.
pub fn every_command() -> impl Iterator<Item = Step> {
    let people = (0u8..5).flat_map(|who| (0u8..5).map(move |whom| (who, whom)));
    people.flat_map(|(who, whom)| {
        (FIRST_COMMAND..KINDS).map(move |kind| Step {
            kind,
            who,
            whom,
            luck: 1,
        })
    })
}

const FIRST_COMMAND: u8 = 13;
const KINDS: u8 = FIRST_COMMAND + 12;

/// A log and what is so after it.
#[derive(Clone, Default)]
pub struct World {
    pub facts: Facts,
    pub log: Vec<Event>,
    /// Everybody who ever had a session.
    actors: Vec<Actor>,
    instances: Vec<InstanceId>,
    ids: u128,
}

impl World {
    /// Three people online on two servers, two of them friends, and then `steps`.
    pub fn after(steps: &[Step]) -> World {
        let mut world = World::default();
        for _ in 0..2 {
            let instance = InstanceId(world.fresh());
            world.carry_out(&Intent::RequestInstance {
                instance,
                seats: SEATS,
                reason: String::new(),
            });
            world.carry_out(&Intent::Instance(instance, InstanceStep::Ready(None, 9001)));
        }
        for who in 0..3 {
            for kind in 0..2 {
                let intent = world.intent(Step {
                    kind,
                    who,
                    whom: 0,
                    luck: 1,
                });
                world.carry_out(&intent);
            }
        }
        // The first two are friends and have a group: what many commands rest on.
        for (kind, who, whom) in [(0, 0, 1), (1, 1, 0), (4, 0, 0), (5, 1, 0)] {
            let kind = FIRST_COMMAND + kind;
            let intent = world.intent(Step {
                kind,
                who,
                whom,
                luck: 1,
            });
            world.carry_out(&intent);
        }
        for step in steps {
            let intent = world.intent(*step);
            world.carry_out(&intent);
        }
        world
    }

    /// An id that nothing has.
    pub fn fresh(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(1_000_000 + self.ids)
    }

    fn instance(&self, number: u8) -> InstanceId {
        let youngest = self.instances.len().saturating_sub(INSTANCES);
        let youngest = &self.instances[youngest..];
        youngest[usize::from(number) % youngest.len()]
    }

    /// Decides, and folds in what happened, which must be possible.
    pub fn carry_out(&mut self, intent: &Intent) -> Decision {
        let fresh = self.fresh();
        let decision = decide(&self.facts, intent, fresh);
        for event in events(&decision) {
            if let Event::SessionStarted { session, account, .. } = event {
                let name = self.facts.account(account).expect("it is registered").name.clone();
                self.actors.push(Actor { session, account, name });
            }
            if let Event::InstanceRequested { instance, .. } = event {
                self.instances.push(instance);
            }
            let version = self.facts.version(event.stream().id()) + 1;
            let position = Position(self.log.len() as i64 + 1);
            self.facts
                .apply(position, version, &event)
                .expect("a decision fits the facts it was made on");
            self.log.push(event);
        }
        decision
    }

    /// What a random step asks for in this world.
    pub fn intent(&mut self, step: Step) -> Intent {
        let actor = self.actor(step);
        let instance = self.instance(step.whom);
        let from = self.seat(&actor).filter(|_| step.luck > 0).unwrap_or(instance);
        match step.kind {
            0 => Intent::Register(NewAccount {
                account: AccountId(self.fresh()),
                name: name(step.who).into(),
            }),
            // What ends something comes less often than what begins it.
            3 if step.luck < 3 => Intent::Logout(actor),
            4 if step.luck < 2 => Intent::Delete(actor),
            4 if step.luck < 4 => Intent::Expire(actor),
            3 if step.luck < 5 => Intent::ChangePassword {
                actor,
                next: SessionId(self.fresh()),
            },
            1 | 3 | 4 => Intent::OpenSession(OpenSession {
                account: actor.account,
                name: actor.name,
                session: SessionId(self.fresh()),
            }),
            2 => Intent::TakeSeat(actor),
            5 => Intent::ReleaseSeat {
                actor,
                from,
                reason: SeatRelease::Left,
            },
            6 => Intent::MoveSeat { actor, from },
            7 if step.luck == 0 => Intent::RequestInstance {
                instance,
                seats: SEATS,
                reason: String::new(),
            },
            7 => Intent::RequestInstance {
                instance: InstanceId(self.fresh()),
                seats: SEATS,
                reason: String::new(),
            },
            8 => Intent::Instance(instance, InstanceStep::Launched("1".into())),
            9 if step.luck < 2 => Intent::Instance(instance, InstanceStep::Drain(String::new())),
            9 if step.luck == 2 => Intent::StartLoginServer(NewLoginServer {
                server: LoginServerId(self.fresh()),
                version: "1".into(),
                options: String::new(),
            }),
            10 if step.luck < 2 => Intent::Instance(instance, InstanceStep::Lost("silent".into())),
            11 if step.luck < 2 => Intent::Instance(instance, InstanceStep::Terminated("idle".into())),
            9..=12 => Intent::Instance(instance, InstanceStep::Ready(None, 9001)),
            _ => change(step, actor, from),
        }
    }

    /// Somebody of that name: as a rule who has it now, with the live session; else a ghost.
    fn actor(&self, step: Step) -> Actor {
        let name = name(step.who);
        let stale = self
            .actors
            .iter()
            .find(|actor| actor.name == name)
            .filter(|_| step.luck == 0);
        if let Some(stale) = stale {
            return stale.clone();
        }
        let account = self.facts.account_named(name).map(|account| account.id);
        let account = account.unwrap_or(AccountId(Uuid::from_u128(500_000)));
        let session = self.facts.session_of(account).map(|session| session.id);
        let session = session.unwrap_or(SessionId(Uuid::from_u128(600_000)));
        Actor {
            session,
            account,
            name: name.into(),
        }
    }

    fn seat(&self, actor: &Actor) -> Option<InstanceId> {
        self.facts.seat_of(actor.session).map(|seat| seat.instance)
    }
}

fn name(number: u8) -> &'static str {
    NAMES[usize::from(number) % NAMES.len()]
}

fn change(step: Step, actor: Actor, at: InstanceId) -> Intent {
    let group = GROUPS[usize::from(step.whom) % GROUPS.len()];
    let (command, rest) = match step.kind - FIRST_COMMAND {
        0 => (CommandName::Invite, name(step.whom).to_owned()),
        1 => (CommandName::AcceptInvite, name(step.whom).to_owned()),
        2 => (CommandName::Post, format!("post of {}", actor.name)),
        3 => (CommandName::Send, format!("{} hi", name(step.whom))),
        4 => (CommandName::CreateGroup, group.to_owned()),
        5 => (CommandName::JoinGroup, group.to_owned()),
        6 => (CommandName::SendGroup, format!("{group} hi")),
        7 => (CommandName::DeclineInvite, name(step.whom).to_owned()),
        8 => (CommandName::Unfriend, name(step.whom).to_owned()),
        9 => (CommandName::LeaveGroup, group.to_owned()),
        10 => (CommandName::Block, name(step.whom).to_owned()),
        _ => (CommandName::Unblock, name(step.whom).to_owned()),
    };
    match AppCommand::parse(command, &rest) {
        Ok(AppCommand::Change(command)) => Intent::Change { actor, at, command },
        other => panic!("{command:?} {rest:?} reads as {other:?}"),
    }
}

/// What a decision leaves in the log.
pub fn events(decision: &Decision) -> Vec<Event> {
    match decision {
        Decision::Happened(events) => events.clone(),
        Decision::Refused(_, trace) => trace.iter().cloned().collect(),
        Decision::Rejected(_) => Vec::new(),
    }
}

/// Random steps are worth something only where they come by everything: every kind of event, every refusal of a live
/// session, every way to be rejected.
#[test]
fn the_world_comes_by_everything() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut met, mut happened) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    for _ in 0..200 {
        let steps = steps(120).new_tree(&mut runner).expect("steps").current();
        let mut world = World::after(&[]);
        for step in steps {
            let intent = world.intent(step);
            let decision = world.carry_out(&intent);
            happened.extend(events(&decision).iter().map(Event::kind));
            met.extend(match decision {
                Decision::Happened(_) => None,
                Decision::Refused(refusal, _) => Some(format!("{:?}", refusal.code)),
                Decision::Rejected(Rejection::SeatedAt(at)) => Some(format!("SeatedAt {}", at.is_some())),
                Decision::Rejected(rejection) => Some(format!("{rejection:?}")),
            });
        }
    }
    let never: Vec<&str> = tenfold_core::event::KINDS
        .into_iter()
        .filter(|kind| !happened.contains(kind))
        .collect();
    assert!(never.is_empty(), "no random step comes by {never:?}");
    // 20 refusals, 5 ways to be rejected.
    assert_eq!(met.len(), 20 + 5, "{met:?}");
}
