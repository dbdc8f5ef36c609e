//! What has gone wrong.

use std::time::Duration;

use super::super::*;
use super::given::*;

#[test]
fn what_nobody_knows_is_ended_once() {
    let mut fleet = given();
    let orphan = |name: &str| ProviderRef(name.to_owned());
    fleet.view.orphans = vec![orphan("b"), orphan("a"), orphan("b")];
    fleet.then_plan_is(&[
        Action::EndOrphan {
            provider_ref: orphan("a"),
        },
        Action::EndOrphan {
            provider_ref: orphan("b"),
        },
    ]);
}

#[test]
fn who_stops_answering_is_lost() {
    let silent = |state| {
        given()
            .instance(1, state, 4)
            .which(|instance| instance.answering = false)
    };
    silent(InstanceState::Ready).then_plan_is(&[lost(1, LostReason::NotAnswering)]);
    silent(InstanceState::Draining).then_plan_is(&[lost(1, LostReason::NotAnswering)]);
}

#[test]
fn no_server_is_launched_for_users_who_have_not_come_back() {
    let gone = given().ready(1, 10).which(|instance| instance.answering = false);
    gone.then_plan_is(&[lost(1, LostReason::NotAnswering)]);
    gone.waiting(2)
        .then_plan_is(&[lost(1, LostReason::NotAnswering), launch(1)]);
}

#[test]
fn who_starts_need_not_answer_yet() {
    given()
        .starting(1)
        .which(|instance| instance.answering = false)
        .then_nothing_is_done();
}

#[test]
fn what_the_provider_has_lost_is_lost() {
    for state in [
        InstanceState::Requested,
        InstanceState::Launched,
        InstanceState::Ready,
        InstanceState::Draining,
    ] {
        given()
            .instance(1, state, 0)
            .which(|instance| instance.at_provider = AtProvider::Gone)
            .then_plan_is(&[lost(1, LostReason::GoneAtProvider)]);
    }
}

#[test]
fn the_providers_list_may_lag() {
    let lag = Policy::local().provider_lag;
    let missing_after = |age| {
        given().starting(1).which(|instance| {
            instance.at_provider = AtProvider::Gone;
            instance.in_state_for = age;
        })
    };
    missing_after(lag - A_MOMENT).then_nothing_is_done();
    missing_after(lag).then_plan_is(&[lost(1, LostReason::GoneAtProvider)]);
}

#[test]
fn a_provider_that_cannot_be_asked_loses_nothing() {
    given()
        .ready(1, 4)
        .which(|instance| instance.at_provider = AtProvider::Unknown)
        .then_nothing_is_done();
}

#[test]
fn what_is_not_ready_in_time_is_ended_and_replaced_after_a_pause() {
    let deadline = Policy::local().launch_deadline;
    let starts_for = |age: Duration| {
        given()
            .starting(1)
            .which(|instance| instance.in_state_for = age)
            .waiting(1)
    };
    starts_for(deadline - A_MOMENT).then_nothing_is_done();
    starts_for(deadline).then_plan_is(&[terminate(1, TerminateReason::NotReadyInTime)]);
    let gone = given().starting(1).which(|instance| {
        instance.at_provider = AtProvider::Gone;
        instance.in_state_for = A_WHILE;
    });
    gone.waiting(1).then_plan_is(&[lost(1, LostReason::GoneAtProvider)]);
}

#[test]
fn nobody_is_moved_onto_a_server_that_does_not_answer() {
    given()
        .draining(1, 3)
        .ready(2, 5)
        .which(|instance| instance.answering = false)
        .then_plan_is(&[lost(2, LostReason::NotAnswering)]);
}

#[test]
fn a_server_whose_machine_is_about_to_go_is_drained_and_its_users_get_seats_before() {
    let noticed = |users| given().ready(1, users).which(|instance| instance.is_noticed = true);
    noticed(0).then_plan_is(&[terminate(1, TerminateReason::Announced)]);
    noticed(4).then_plan_is(&[drain(1), launch(1)]);
    noticed(4).ready(2, 5).then_plan_is(&[drain(1), move_users(1, 2, 4)]);
    // Those who find no seat yet wait for a server of their own, and it is asked for once.
    noticed(4)
        .ready(2, 8)
        .then_plan_is(&[drain(1), move_users(1, 2, 2), launch(1)]);
    noticed(4).starting(2).then_plan_is(&[drain(1)]);
    let no_moves = noticed(4).ready(2, 5).policy(|policy| policy.moves = false);
    no_moves.then_plan_is(&[drain(1), move_users(1, 2, 4)]);
}
