//! What keeps commands apart that are decided at the same time: a lock that both want and one wants alone, or a stream
//! that both write or rest on, whose versions the log takes once. Where neither keeps two intents apart, it must not
//! matter which of them comes first, or a decision would rest on something that nobody held.

use std::collections::HashSet;

use proptest::prelude::*;
use tenfold_core::decide::{Decision, decide};
use tenfold_core::event::{Event, Stream};
use tenfold_core::facts::Change;
use tenfold_core::facts::Facts;
use tenfold_core::ids::Position;
use tenfold_core::intent::Intent;
use tenfold_core::needs::{LockMode, Needs};
use uuid::Uuid;

use super::world::{World, events, every_command, steps};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn what_nothing_keeps_apart_may_come_in_either_order(past in steps(40), asked in steps(24)) {
        let mut world = World::after(&past);
        let asked: Vec<(Intent, Uuid)> = asked.into_iter().map(|step| (world.intent(step), world.fresh())).collect();
        for (index, one) in asked.iter().enumerate() {
            for other in &asked[index + 1..] {
                either_order(&world.facts, one, other)?;
            }
        }
    }

    #[test]
    fn the_needs_are_enough_to_decide_as_on_everything(past in steps(60), asked in steps(12)) {
        let mut world = World::after(&past);
        for step in asked {
            let (intent, fresh) = (world.intent(step), world.fresh());
            let loaded = load(&world.facts, &intent.needs());
            prop_assert_eq!(decide(&loaded, &intent, fresh), decide(&world.facts, &intent, fresh), "{:?}", intent);
        }
    }

    #[test]
    fn whatever_is_written_to_an_existing_stream_the_needs_name(past in steps(60), asked in steps(12)) {
        let mut world = World::after(&past);
        for step in asked {
            let (intent, fresh) = (world.intent(step), world.fresh());
            let needs = intent.needs();
            for event in events(&decide(&world.facts, &intent, fresh)) {
                let named = match event.stream() {
                    Stream::Account(account) => needs.accounts.contains(&account),
                    Stream::Instance(instance) => needs.instances.contains(&instance),
                    Stream::Group(_) | Stream::LoginServer(_) => false,
                };
                prop_assert!(named || matches!(event, Event::AccountRegistered { .. } | Event::LoginServerStarted { .. }), "{intent:?} wrote {event:?}");
            }
        }
    }
}

/// Chance comes by a rare pair too seldom: here are all, with two friends and a stranger, and where the stranger has invited one of them.
#[test]
fn no_pair_of_commands_is_forgotten() {
    let invited = every_command()
        .find(|step| step.is_invite(2, 0))
        .expect("it is one of every command");
    for past in [vec![], vec![invited]] {
        let mut world = World::after(&past);
        let asked: Vec<_> = every_command()
            .map(|step| (world.intent(step), world.fresh()))
            .collect();
        for (index, one) in asked.iter().enumerate() {
            for other in &asked[index + 1..] {
                either_order(&world.facts, one, other).expect("no lock is missing");
            }
        }
    }
}

fn either_order(facts: &Facts, one: &(Intent, Uuid), other: &(Intent, Uuid)) -> Result<(), TestCaseError> {
    if locks_collide(&one.0.needs(), &other.0.needs()) {
        return Ok(());
    }
    let (first_of_one, then_other) = in_turn(facts, one, other);
    let (first_of_other, then_one) = in_turn(facts, other, one);
    let one_wrote = streams([&first_of_one, &then_one]);
    let other_wrote = streams([&first_of_other, &then_other]);
    if share_a_stream(&one.0, &one_wrote, &other.0, &other_wrote) || only_a_seat_came_free(one, other) {
        return Ok(());
    }
    prop_assert_eq!(&first_of_one, &then_one, "{:?} hangs on {:?}", one.0, other.0);
    prop_assert_eq!(&first_of_other, &then_other, "{:?} hangs on {:?}", other.0, one.0);
    // Both got their positions; whichever is folded first, the same is so.
    let (one, other) = (at(1000, &first_of_one), at(2000, &first_of_other));
    let folded = folded(facts, &one, &other);
    prop_assert!(folded.is_some(), "{one:?} and {other:?} do not fit together");
    prop_assert_eq!(folded, self::folded(facts, &other, &one));
    Ok(())
}

fn locks_collide(one: &Needs, other: &Needs) -> bool {
    one.locks.iter().any(|(key, mode)| {
        let theirs = other.locks.get(key);
        theirs.is_some_and(|theirs| [*mode, *theirs].contains(&LockMode::Exclusive))
    })
}

fn share_a_stream(one: &Intent, one_wrote: &HashSet<Uuid>, other: &Intent, other_wrote: &HashSet<Uuid>) -> bool {
    let rests_on = |intent: &Intent| -> HashSet<Uuid> {
        let needs = intent.needs();
        needs
            .accounts
            .iter()
            .map(|id| id.0)
            .chain(needs.instances.iter().map(|id| id.0))
            .collect()
    };
    let meet = |wrote: &HashSet<Uuid>, other: &HashSet<Uuid>| !wrote.is_disjoint(other);
    meet(one_wrote, other_wrote) || meet(one_wrote, &rests_on(other)) || meet(other_wrote, &rests_on(one))
}

/// The one exception, and it is meant: giving up a seat (by leaving, or by the end of a session) does not wait for the
/// fleet's lock, so who takes one at the same time may not see it yet, takes another, or finds none and waits on. Two
/// never get the same one, for the taken seats are read under the lock and a seat is the database's to give once.
fn only_a_seat_came_free(one: &(Intent, Uuid), other: &(Intent, Uuid)) -> bool {
    let frees = |intent: &Intent| {
        matches!(
            intent,
            Intent::ReleaseSeat { .. } | Intent::Logout(_) | Intent::Delete(_) | Intent::Expire(_)
        )
    };
    let takes = |intent: &Intent| {
        matches!(
            intent,
            Intent::OpenSession(_) | Intent::TakeSeat(_) | Intent::MoveSeat { .. }
        )
    };
    frees(&one.0) && takes(&other.0) || frees(&other.0) && takes(&one.0)
}

/// What comes of `first`, and of `second` after it.
fn in_turn(facts: &Facts, first: &(Intent, Uuid), second: &(Intent, Uuid)) -> (Decision, Decision) {
    let decision = decide(facts, &first.0, first.1);
    let after = folded(facts, &at(1000, &decision), &[]).expect("a decision fits the facts it was made on");
    let next = decide(&after, &second.0, second.1);
    (decision, next)
}

fn at(from: i64, decision: &Decision) -> Vec<(Position, Event)> {
    (from..).map(Position).zip(events(decision)).collect()
}

fn folded(facts: &Facts, one: &[(Position, Event)], other: &[(Position, Event)]) -> Option<Facts> {
    let mut facts = facts.clone();
    for (position, event) in one.iter().chain(other) {
        let version = facts.version(event.stream().id()) + 1;
        facts.apply(*position, version, event).ok()?;
    }
    Some(facts)
}

fn streams<const N: usize>(decisions: [&Decision; N]) -> HashSet<Uuid> {
    decisions
        .into_iter()
        .flat_map(events)
        .map(|event| event.stream().id())
        .collect()
}

/// The few facts that a server loads for an intent.
fn load(all: &Facts, needs: &Needs) -> Facts {
    let mut facts = Facts::default();
    let named = needs
        .names
        .iter()
        .filter_map(|name| all.account_named(name).map(|account| account.id));
    for id in needs.accounts.iter().copied().chain(named) {
        let Some(account) = all.account(id) else { continue };
        facts.absorb(Change::put(account.clone()));
        let session = all.session_of(id);
        session.iter().for_each(|session| facts.absorb(Change::put(**session)));
        let seat = session.and_then(|session| all.seat_of(session.id));
        seat.iter().for_each(|seat| facts.absorb(Change::put(**seat)));
    }
    for (account, name) in &needs.pairs {
        let pair = all.account_named(name).and_then(|other| all.pair(*account, other.id));
        pair.iter().for_each(|pair| facts.absorb(Change::put(**pair)));
        let other = all.account_named(name).map(|other| other.id);
        let blocks = other.map(|other| [all.block(*account, other), all.block(other, *account)]);
        blocks
            .into_iter()
            .flatten()
            .flatten()
            .for_each(|block| facts.absorb(Change::put(*block)));
    }
    for group in needs.groups.iter().filter_map(|name| all.group_named(name)) {
        facts.absorb(Change::put(group.clone()));
        let wanted = |account| needs.memberships.contains(&(account, group.name.clone()));
        let members = all
            .memberships()
            .filter(|row| row.group == group.id && wanted(row.account));
        members.for_each(|row| facts.absorb(Change::put(*row)));
    }
    let wanted = |id| needs.instances.contains(&id);
    for instance in all
        .instances()
        .filter(|row| needs.fleet && !row.state.is_over() || wanted(row.id))
    {
        facts.absorb(Change::put(instance.clone()));
        let taken = all.seats().filter(|seat| seat.instance == instance.id);
        taken.for_each(|seat| facts.mark_taken(seat.instance, seat.number));
    }
    facts
}
