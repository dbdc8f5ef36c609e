//! Deciding is total, and what it decides keeps the world in order.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use tenfold_core::decide::{Decision, decide};
use tenfold_core::facts::Facts;

use super::world::{World, events, step, steps};

proptest! {
    #[test]
    fn every_intent_on_any_facts_gets_a_decision_that_the_facts_can_follow(past in steps(60), asked in steps(40)) {
        let mut world = World::after(&past);
        for step in asked {
            let intent = world.intent(step);
            if let Decision::Happened(events) = world.carry_out(&intent) {
                prop_assert!(!events.is_empty(), "{intent:?} happened without a trace");
            }
            in_order(&world.facts)?;
        }
    }

    #[test]
    fn facts_that_were_not_loaded_are_no_reason_to_panic(past in steps(40), asked in step()) {
        let intent = World::after(&past).intent(asked);
        let decision = decide(&Facts::default(), &intent, uuid::Uuid::nil());
        let mut facts = Facts::default();
        for event in events(&decision) {
            prop_assert!(facts.apply(tenfold_core::ids::Position(1), 1, &event).is_ok());
        }
    }

    #[test]
    fn the_same_facts_and_intent_decide_the_same(past in steps(40), asked in step()) {
        let mut world = World::after(&past);
        let (intent, fresh) = (world.intent(asked), world.fresh());
        prop_assert_eq!(decide(&world.facts, &intent, fresh), decide(&world.facts.clone(), &intent, fresh));
    }

    #[test]
    fn what_a_live_session_was_refused_leaves_a_trace_without_words(past in steps(40), asked in step()) {
        let mut world = World::after(&past);
        let (intent, fresh) = (world.intent(asked), world.fresh());
        if let Decision::Refused(_, trace) = decide(&world.facts, &intent, fresh) {
            prop_assert_eq!(trace.is_some(), intent.actor().is_some());
            prop_assert!(trace.is_none_or(|trace| trace.personal().is_none()));
        }
    }
}

/// What must hold after every event.
fn in_order(facts: &Facts) -> Result<(), TestCaseError> {
    let mut taken = HashSet::new();
    let mut on = HashMap::new();
    for seat in facts.seats() {
        prop_assert!(seat.number < seat.seats, "a seat the server does not have: {seat:?}");
        prop_assert!(taken.insert((seat.instance, seat.number)), "two on one seat: {seat:?}");
        *on.entry(seat.instance).or_insert(0usize) += 1;
        let session = facts.session_of(seat.account).map(|session| session.id);
        prop_assert_eq!(session, Some(seat.session), "a seat without a live session");
    }
    for instance in facts.instances() {
        let users = on.get(&instance.id).copied().unwrap_or(0);
        prop_assert_eq!(facts.taken_on(instance.id), users);
        prop_assert!(
            users <= usize::from(instance.seats),
            "more users than seats: {instance:?}"
        );
    }
    let names: HashSet<&str> = facts.accounts().map(|account| account.name.as_str()).collect();
    prop_assert_eq!(names.len(), facts.accounts().count(), "two accounts of one name");
    let groups: HashSet<&str> = facts.groups().map(|group| group.name.as_str()).collect();
    prop_assert_eq!(groups.len(), facts.groups().count(), "two groups of one name");
    let alive = |account| facts.account(account).is_some();
    prop_assert!(facts.sessions().all(|session| alive(session.account)));
    prop_assert!(facts.pairs().all(|pair| alive(pair.key.low) && alive(pair.key.high)));
    prop_assert!(facts.posts().all(|post| alive(post.author)));
    prop_assert!(facts.memberships().all(|membership| alive(membership.account)));
    Ok(())
}
