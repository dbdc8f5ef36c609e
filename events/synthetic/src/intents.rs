//! What people and the fleet do next.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use tenfold_core::command::{
    AcceptInvite, Actor, Changing, CreateGroup, DeclineInvite, Invite, JoinGroup, NewAccount, OpenSession, Post, Send,
    SendGroup,
};
use tenfold_core::event::SeatRelease;
use tenfold_core::facts::{Facts, InstanceState};
use tenfold_core::ids::{AccountId, InstanceId, SessionId};
use tenfold_core::intent::{InstanceStep, Intent};
use uuid::Uuid;

use super::crowd::Crowd;
use super::shape::Shape;

const SEATS: u16 = 10;

/// The next intent: one that may be refused, as those of people may.
pub(super) fn choose(random: &mut StdRng, shape: &Shape, crowd: &Crowd, facts: &Facts) -> Intent {
    let Some(actor) = crowd
        .online
        .choose(random)
        .filter(|_| crowd.accounts.len() * 4 >= shape.accounts)
    else {
        return arrive(random, shape, crowd);
    };
    if !random.random_ratio(shape.social, 100) {
        return chat(random, actor, crowd, facts);
    }
    match random.random_range(0..100) {
        0..30 => arrive(random, shape, crowd),
        30..75 => mingle(random, actor, crowd, facts),
        75..84 => Intent::Logout(actor.clone()),
        84..86 => Intent::Expire(actor.clone()),
        86 => Intent::Delete(actor.clone()),
        87..94 => sit(random, actor, facts),
        _ => fleet(random, crowd, facts),
    }
}

/// The steps that give the service another application server.
pub(super) fn new_instance(instance: InstanceId, random: &mut StdRng) -> [Intent; 3] {
    let host = random.random_bool(0.5).then(|| "10.0.0.7".to_owned());
    [
        Intent::RequestInstance {
            instance,
            seats: SEATS,
            reason: String::new(),
        },
        Intent::Instance(
            instance,
            InstanceStep::Launched(format!("process {}", random.random_range(2..32768))),
        ),
        Intent::Instance(instance, InstanceStep::Ready(host, random.random_range(1024..=65535))),
    ]
}

fn arrive(random: &mut StdRng, shape: &Shape, crowd: &Crowd) -> Intent {
    let full = crowd.accounts.len() >= shape.accounts;
    match crowd
        .accounts
        .choose(random)
        .filter(|_| full || random.random_bool(0.6))
    {
        Some((account, name)) => Intent::OpenSession(OpenSession {
            account: *account,
            name: name.clone(),
            session: SessionId(id(random)),
        }),
        // Seldom a name that somebody has.
        None => {
            let name = format!(
                "person-{}",
                crowd.made.saturating_sub(usize::from(random.random_ratio(1, 20)))
            );
            Intent::Register(NewAccount {
                account: AccountId(id(random)),
                name,
            })
        }
    }
}

fn chat(random: &mut StdRng, actor: &Actor, crowd: &Crowd, facts: &Facts) -> Intent {
    let text = words(random);
    let command = match random.random_range(0..10) {
        0..5 => Changing::Post(Post { text }),
        5..8 => Changing::Send(Send {
            to: somebody(random, crowd),
            text,
        }),
        _ => Changing::SendGroup(SendGroup {
            group: some_group(random, crowd),
            text,
        }),
    };
    change(actor, facts, command)
}

fn mingle(random: &mut StdRng, actor: &Actor, crowd: &Crowd, facts: &Facts) -> Intent {
    let command = match random.random_range(0..10) {
        0..4 => Changing::Invite(Invite {
            to: somebody(random, crowd),
        }),
        4..7 => Changing::AcceptInvite(AcceptInvite {
            from: inviter(random, actor, crowd, facts),
        }),
        7 => Changing::DeclineInvite(DeclineInvite {
            from: inviter(random, actor, crowd, facts),
        }),
        8 => Changing::CreateGroup(CreateGroup {
            group: format!("group-{}", crowd.made),
        }),
        _ => Changing::JoinGroup(JoinGroup {
            group: some_group(random, crowd),
        }),
    };
    change(actor, facts, command)
}

/// One of those who invited the actor, where a few tries find one.
fn inviter(random: &mut StdRng, actor: &Actor, crowd: &Crowd, facts: &Facts) -> String {
    let invited = |(account, _): &&(AccountId, String)| {
        facts
            .pair(*account, actor.account)
            .is_some_and(|pair| pair.inviter == *account)
    };
    let tried: Vec<_> = (0..40).filter_map(|_| crowd.accounts.choose(random)).collect();
    let found = tried.into_iter().find(invited);
    found.map_or_else(|| somebody(random, crowd), |(_, name)| name.clone())
}

/// Taking, leaving and changing seats.
fn sit(random: &mut StdRng, actor: &Actor, facts: &Facts) -> Intent {
    let actor = actor.clone();
    match facts.seat_of(actor.session).map(|seat| seat.instance) {
        None => Intent::TakeSeat(actor),
        Some(from) if random.random_bool(0.5) => Intent::MoveSeat { actor, from },
        Some(from) => {
            let reason = if random.random_bool(0.8) {
                SeatRelease::Left
            } else {
                SeatRelease::Lost
            };
            Intent::ReleaseSeat { actor, from, reason }
        }
    }
}

/// A step in the life of an application server. Users are never left on one that has ended.
fn fleet(random: &mut StdRng, crowd: &Crowd, facts: &Facts) -> Intent {
    let chosen = crowd.instances.choose(random).and_then(|id| facts.instance(*id));
    let Some(instance) = chosen.filter(|_| random.random_bool(0.7)) else {
        return Intent::RequestInstance {
            instance: InstanceId(id(random)),
            seats: SEATS,
            reason: String::new(),
        };
    };
    let is_empty = facts.taken_on(instance.id) == 0;
    let step = match instance.state {
        InstanceState::Requested => InstanceStep::Launched(format!("process {}", random.random_range(2..32768))),
        InstanceState::Launched => InstanceStep::Ready(None, random.random_range(1024..=65535)),
        InstanceState::Ready => InstanceStep::Drain(String::new()),
        InstanceState::Draining if is_empty && random.random_bool(0.5) => InstanceStep::Lost("it said nothing".into()),
        InstanceState::Draining if is_empty => InstanceStep::Terminated("nobody used it".into()),
        InstanceState::Draining => return clear(facts, crowd, instance.id),
        InstanceState::Lost | InstanceState::Terminated => InstanceStep::Terminated("it was lost".into()),
    };
    Intent::Instance(instance.id, step)
}

/// Somebody who sits on the server moves away.
fn clear(facts: &Facts, crowd: &Crowd, from: InstanceId) -> Intent {
    let sits_there = |actor: &&Actor| facts.seat_of(actor.session).is_some_and(|seat| seat.instance == from);
    match crowd.online.iter().find(sits_there) {
        Some(actor) => Intent::MoveSeat {
            actor: actor.clone(),
            from,
        },
        None => Intent::Instance(from, InstanceStep::Terminated("nobody used it".into())),
    }
}

/// At the server where the actor sits; where they sit nowhere they first take a seat.
fn change(actor: &Actor, facts: &Facts, command: Changing) -> Intent {
    let actor = actor.clone();
    match facts.seat_of(actor.session) {
        Some(seat) => Intent::Change {
            actor,
            at: seat.instance,
            command,
        },
        None => Intent::TakeSeat(actor),
    }
}

fn somebody(random: &mut StdRng, crowd: &Crowd) -> String {
    let name = crowd.accounts.choose(random).map(|(_, name)| name.clone());
    name.filter(|_| !random.random_ratio(1, 50))
        .unwrap_or_else(|| "nobody".into())
}

fn some_group(random: &mut StdRng, crowd: &Crowd) -> String {
    crowd
        .groups
        .choose(random)
        .cloned()
        .unwrap_or_else(|| "no-group".into())
}

/// One to twelve words, sometimes with characters that need care.
fn words(random: &mut StdRng) -> String {
    const WORDS: [&str; 16] = [
        "the",
        "meeting",
        "tomorrow",
        "is",
        "at",
        "nine",
        "bring",
        "coffee",
        "and",
        "\"quotes\"",
        "naïve",
        "🙂",
        "back\\slash",
        "tab\there",
        "yes",
        "no",
    ];
    let count = random.random_range(1..=12);
    let words: Vec<&str> = (0..count).filter_map(|_| WORDS.choose(random).copied()).collect();
    words.join(" ")
}

fn id(random: &mut StdRng) -> Uuid {
    uuid::Builder::from_random_bytes({
        let mut bytes = [0; 16];
        random.fill_bytes(&mut bytes);
        bytes
    })
    .into_uuid()
}
