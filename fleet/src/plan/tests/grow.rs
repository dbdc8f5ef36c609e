//! Up.

use std::time::Duration;

use super::super::*;
use super::given::*;

#[test]
fn nobody_waits_nothing_is_launched() {
    given().then_nothing_is_done();
    given().ready(1, 10).then_nothing_is_done();
}

#[test]
fn the_first_user_gets_a_server() {
    given().waiting(1).then_plan_is(&[launch(1)]);
}

#[test]
fn as_many_servers_as_those_waiting_need() {
    given().waiting(10).then_plan_is(&[launch(1)]);
    given().waiting(11).then_plan_is(&[launch(2)]);
    given().waiting(200).then_plan_is(&[launch(20)]);
}

#[test]
fn free_seats_are_taken_first() {
    given().ready(1, 7).waiting(3).then_nothing_is_done();
    given().ready(1, 7).waiting(4).then_plan_is(&[launch(1)]);
}

#[test]
fn servers_that_start_are_not_launched_again() {
    given().starting(1).waiting(10).then_nothing_is_done();
    given()
        .instance(1, InstanceState::Requested, 0)
        .waiting(10)
        .then_nothing_is_done();
    given().starting(1).starting(2).waiting(21).then_plan_is(&[launch(1)]);
}

#[test]
fn seats_of_a_draining_server_are_no_seats() {
    given().draining(1, 1).waiting(1).then_plan_is(&[launch(1)]);
}

#[test]
fn seats_of_a_lost_server_are_no_seats() {
    given()
        .ready(1, 0)
        .which(|instance| instance.answering = false)
        .waiting(1)
        .then_plan_is(&[lost(1, LostReason::NotAnswering), launch(1)]);
}

#[test]
fn spare_seats_are_launched_ahead_of_need() {
    let spare = |seats| given().policy(|policy| policy.spare_seats = seats);
    spare(3).then_plan_is(&[launch(1)]);
    spare(3).ready(1, 7).then_nothing_is_done();
    spare(3).ready(1, 8).then_plan_is(&[launch(1)]);
    spare(3).starting(1).waiting(8).then_plan_is(&[launch(1)]);
}

#[test]
fn never_above_the_limit() {
    let limited = given().policy(|policy| policy.max_instances = Some(3));
    limited.clone().waiting(200).then_plan_is(&[launch(3)]);
    limited
        .clone()
        .ready(1, 10)
        .draining(2, 5)
        .waiting(200)
        .then_plan_is(&[launch(1)]);
    limited
        .clone()
        .ready(1, 10)
        .ready(2, 10)
        .ready(3, 10)
        .waiting(1)
        .then_nothing_is_done();
    limited
        .ready(1, 10)
        .ready(2, 10)
        .ready(3, 10)
        .ready(4, 10)
        .waiting(1)
        .then_nothing_is_done();
}

#[test]
fn a_lost_server_makes_room_under_the_limit() {
    given()
        .policy(|policy| policy.max_instances = Some(1))
        .ready(1, 10)
        .which(|instance| instance.answering = false)
        .waiting(1)
        .then_plan_is(&[lost(1, LostReason::NotAnswering), launch(1)]);
}

#[test]
fn after_failed_starts_it_waits_longer_and_longer() {
    let failed = |in_a_row, last_ago| {
        let mut given = given().waiting(1);
        given.view.failed_starts = FailedStarts {
            in_a_row,
            last_ago,
            for_quota: false,
        };
        given
    };
    failed(1, Duration::from_millis(999)).then_nothing_is_done();
    failed(1, Duration::from_secs(1)).then_plan_is(&[launch(1)]);
    failed(3, Duration::from_secs(3)).then_nothing_is_done();
    failed(3, Duration::from_secs(4)).then_plan_is(&[launch(1)]);
    failed(u32::MAX, Duration::from_secs(59)).then_nothing_is_done();
    failed(u32::MAX, Duration::from_secs(60)).then_plan_is(&[launch(1)]);
}

#[test]
fn where_there_may_be_no_more_it_does_not_ask_for_a_while() {
    let failed = |seconds| {
        let mut given = given().waiting(1);
        given.view.failed_starts = FailedStarts {
            in_a_row: 1,
            last_ago: Duration::from_secs(seconds),
            for_quota: true,
        };
        given
    };
    failed(119).then_nothing_is_done();
    failed(120).then_plan_is(&[launch(1)]);
}

#[test]
fn seats_to_hope_for_are_free_coming_and_launchable_ones() {
    let hope = |given: Given| seats_to_hope_for(&given.view, &given.policy);
    let limited = || given().policy(|policy| policy.max_instances = Some(3));
    assert_eq!(hope(given().ready(1, 10)), None);
    assert_eq!(hope(limited()), Some(30));
    assert_eq!(hope(limited().ready(1, 7).starting(2)), Some(3 + 10 + 10));
    assert_eq!(hope(limited().ready(1, 10).ready(2, 10).draining(3, 1)), Some(10));
    assert_eq!(hope(limited().ready(1, 10).ready(2, 10).ready(3, 10)), Some(0));
}
