//! From facts and an intent to events or a refusal: pure, total, and the only place where anything is decided.

use uuid::Uuid;

use crate::command::{Actor, change_password, delete, login, logout};
use crate::event::{Event, SeatRelease, SessionEnd};
use crate::facts::{Facts, InstanceState};
use crate::ids::InstanceId;
use crate::intent::{Ending, InstanceStep, Intent};
use crate::needs::{LockKey, LockMode, Needs};
use crate::refusal::Refusal;
pub use crate::rejection::Rejection;

/// What came of an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It happened; at least one event.
    Happened(Vec<Event>),
    /// Check 4 said no; the event is the trace that this leaves, where the command is a live session's.
    Refused(Refusal, Option<Event>),
    /// It is not to be decided here or now; nothing is recorded.
    Rejected(Rejection),
}

impl Intent {
    /// What to load and lock before deciding.
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        match self {
            Intent::Change { actor, command, .. } => {
                needs.accounts.insert(actor.account);
                command.needs(actor, &mut needs);
            }
            Intent::Register(new) => new.needs(&mut needs),
            Intent::OpenSession(open) => open.needs(&mut needs),
            Intent::TakeSeat(actor) | Intent::MoveSeat { actor, .. } => {
                needs.accounts.insert(actor.account);
                needs_fleet(&mut needs);
            }
            Intent::Logout(actor) | Intent::Expire(actor) | Intent::ChangePassword { actor, .. } => {
                logout::needs_end(actor, &mut needs);
            }
            Intent::Delete(actor) => delete::needs(actor, &mut needs),
            Intent::ReleaseSeat { actor, .. } => {
                needs.accounts.insert(actor.account);
            }
            Intent::RequestInstance { instance, .. } | Intent::Instance(instance, _) => {
                needs.instances.insert(*instance);
                needs.lock(LockKey::fleet(), LockMode::Exclusive);
            }
            // It rests on nothing, and its stream is its own.
            Intent::StartLoginServer(_) => {}
        }
        needs
    }
}

fn needs_fleet(needs: &mut Needs) {
    needs.fleet = true;
    needs.lock(LockKey::fleet(), LockMode::Exclusive);
}

/// Decides `intent` on `facts`, which must hold what [`Intent::needs`] asked for. `fresh` is an id that nothing has.
pub fn decide(facts: &Facts, intent: &Intent, fresh: Uuid) -> Decision {
    match intent {
        Intent::Change { actor, at, command } => match admit(facts, actor, Some(*at)) {
            Err(rejection) => Decision::Rejected(rejection),
            Ok(()) => match command.decide(actor, facts, fresh) {
                Ok(event) => Decision::Happened(vec![event]),
                Err(refusal) => {
                    let trace = trace(actor, command.name(), &refusal);
                    Decision::Refused(refusal, Some(trace))
                }
            },
        },
        Intent::Register(new) => match new.decide(facts) {
            Ok(events) => Decision::Happened(events),
            Err(refusal) => Decision::Refused(refusal, None),
        },
        Intent::OpenSession(open) => happened(open.decide(facts)),
        Intent::TakeSeat(actor) => happened(take_seat(facts, actor)),
        Intent::Logout(actor) => end(facts, actor, |facts| logout::end(actor, facts, SessionEnd::Logout)),
        Intent::Expire(actor) => end(facts, actor, |facts| logout::end(actor, facts, SessionEnd::Expired)),
        Intent::ChangePassword { actor, next } => {
            end(facts, actor, |facts| change_password::decide(actor, facts, *next))
        }
        Intent::Delete(actor) => end(facts, actor, |facts| delete::decide(actor, facts)),
        Intent::ReleaseSeat { actor, from, reason } => happened(release(facts, actor, *from, *reason)),
        Intent::MoveSeat { actor, from } => happened(move_seat(facts, actor, *from)),
        Intent::RequestInstance {
            instance,
            seats,
            reason,
        } => happened(request(facts, *instance, *seats, reason)),
        Intent::Instance(instance, step) => happened(step_instance(facts, *instance, step)),
        Intent::StartLoginServer(new) => Decision::Happened(vec![Event::LoginServerStarted {
            server: new.server,
            version: new.version.clone(),
            options: new.options.clone(),
        }]),
    }
}

fn happened(events: Result<Vec<Event>, Rejection>) -> Decision {
    match events {
        Ok(events) => Decision::Happened(events),
        Err(rejection) => Decision::Rejected(rejection),
    }
}

/// Check 2, and whether the session is served at `at` (where that matters).
fn admit(facts: &Facts, actor: &Actor, at: Option<InstanceId>) -> Result<(), Rejection> {
    if facts.session_of(actor.account).map(|session| session.id) != Some(actor.session) {
        return Err(Rejection::NotLoggedIn);
    }
    let seated = facts.seat_of(actor.session).map(|seat| seat.instance);
    if at.is_some() && seated != at {
        Err(Rejection::SeatedAt(seated))
    } else {
        Ok(())
    }
}

fn trace(actor: &Actor, command: crate::command::CommandName, refusal: &Refusal) -> Event {
    Event::CommandRefused {
        account: actor.account,
        session: actor.session,
        command,
        code: refusal.code,
        about: refusal.about,
    }
}

fn end(facts: &Facts, actor: &Actor, events: impl FnOnce(&Facts) -> Vec<Event>) -> Decision {
    happened(admit(facts, actor, None).map(|()| events(facts)))
}

fn take_seat(facts: &Facts, actor: &Actor) -> Result<Vec<Event>, Rejection> {
    admit(facts, actor, None)?;
    if let Some(seat) = facts.seat_of(actor.session) {
        return Err(Rejection::SeatedAt(Some(seat.instance)));
    }
    let taken = login::take_seat(facts, actor.session, actor.account).ok_or(Rejection::NoFreeSeat)?;
    Ok(vec![taken])
}

fn release(facts: &Facts, actor: &Actor, from: InstanceId, reason: SeatRelease) -> Result<Vec<Event>, Rejection> {
    let Actor { session, account, .. } = *actor;
    admit(facts, actor, Some(from)).map_err(|_| Rejection::Gone)?;
    Ok(vec![Event::SeatReleased {
        session,
        account,
        instance: from,
        reason,
    }])
}

fn move_seat(facts: &Facts, actor: &Actor, from: InstanceId) -> Result<Vec<Event>, Rejection> {
    let Actor { session, account, .. } = *actor;
    let mut events = release(facts, actor, from, SeatRelease::Moved)?;
    let seat = facts.free_seat(Some(from)).ok_or(Rejection::NoFreeSeat)?;
    events.push(Event::SeatTaken {
        session,
        account,
        instance: seat.instance,
        number: seat.number,
        seats: seat.seats,
    });
    Ok(events)
}

fn request(facts: &Facts, instance: InstanceId, seats: u16, reason: &str) -> Result<Vec<Event>, Rejection> {
    if facts.instance(instance).is_some() {
        return Err(Rejection::Gone);
    }
    let reason = reason.to_owned();
    Ok(vec![Event::InstanceRequested {
        instance,
        seats,
        reason,
    }])
}

fn step_instance(facts: &Facts, id: InstanceId, step: &InstanceStep) -> Result<Vec<Event>, Rejection> {
    let (next, event) = match step.clone() {
        InstanceStep::Launched(reference) => (
            InstanceState::Launched,
            Event::InstanceLaunched {
                instance: id,
                reference,
            },
        ),
        InstanceStep::Ready(host, port) => (
            InstanceState::Ready,
            Event::InstanceReady {
                instance: id,
                host,
                port,
            },
        ),
        InstanceStep::Drain(reason) => (
            InstanceState::Draining,
            Event::InstanceDraining { instance: id, reason },
        ),
        InstanceStep::Terminated(Ending { reason, launch_failure }) => (
            InstanceState::Terminated,
            Event::InstanceTerminated {
                instance: id,
                reason,
                launch_failure,
            },
        ),
        InstanceStep::Lost(Ending { reason, launch_failure }) => (
            InstanceState::Lost,
            Event::InstanceLost {
                instance: id,
                reason,
                launch_failure,
            },
        ),
    };
    match facts.instance(id) {
        Some(instance) if instance.state.may_become(next) => Ok(vec![event]),
        _ => Err(Rejection::Gone),
    }
}

#[cfg(test)]
mod tests;
