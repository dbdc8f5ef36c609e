//! Down.

use std::time::Duration;

use super::super::*;
use super::given::*;

const IDLE: TerminateReason = TerminateReason::Idle;
const DRAINED: TerminateReason = TerminateReason::Drained;

#[test]
fn an_empty_server_ends_after_the_idle_grace() {
    let grace = Policy::local().idle_grace;
    given().idle(1, grace - A_MOMENT).then_nothing_is_done();
    given().idle(1, grace).then_plan_is(&[terminate(1, IDLE)]);
    given().ready(1, 1).then_nothing_is_done();
}

#[test]
fn an_empty_server_stays_while_its_seats_are_waited_for() {
    given().idle(1, A_WHILE).waiting(1).then_nothing_is_done();
    given().idle(1, A_WHILE).starting(2).waiting(1).then_nothing_is_done();
    given()
        .ready(1, 5)
        .idle(2, A_WHILE)
        .waiting(5)
        .then_plan_is(&[terminate(2, IDLE)]);
}

#[test]
fn an_empty_server_stays_while_its_seats_are_the_spare_ones() {
    let spare = given().policy(|policy| policy.spare_seats = 3);
    spare.clone().idle(1, A_WHILE).then_nothing_is_done();
    spare.clone().ready(1, 8).idle(2, A_WHILE).then_nothing_is_done();
    spare.ready(1, 7).idle(2, A_WHILE).then_plan_is(&[terminate(2, IDLE)]);
}

#[test]
fn of_several_empty_servers_the_oldest_stays() {
    given()
        .policy(|policy| policy.spare_seats = 1)
        .idle(2, A_WHILE)
        .idle(1, A_WHILE)
        .idle(3, A_WHILE)
        .then_plan_is(&[terminate(3, IDLE), terminate(2, IDLE)]);
}

#[test]
fn a_drained_server_ends_once_its_clients_had_time_to_follow() {
    let linger = Policy::local().drain_linger;
    let empty_for = |idle| given().draining(1, 0).which(|instance| instance.idle_for = Some(idle));
    empty_for(linger - A_MOMENT).then_nothing_is_done();
    empty_for(linger).then_plan_is(&[terminate(1, DRAINED)]);
    given().draining(1, 1).then_nothing_is_done();
}

#[test]
fn users_who_fit_on_fewer_servers_come_together() {
    given()
        .ready(1, 6)
        .ready(2, 4)
        .settled()
        .then_plan_is(&[drain(2), move_users(2, 1, 4)]);
    given().ready(1, 6).ready(2, 5).settled().then_nothing_is_done();
}

#[test]
fn of_equally_empty_servers_the_youngest_is_drained() {
    given()
        .ready(2, 5)
        .ready(1, 5)
        .settled()
        .then_plan_is(&[drain(2), move_users(2, 1, 5)]);
}

#[test]
fn as_many_servers_are_drained_as_are_too_many() {
    given().ready(1, 3).ready(2, 4).ready(3, 3).settled().then_plan_is(&[
        drain(3),
        drain(1),
        move_users(1, 2, 3),
        move_users(3, 2, 3),
    ]);
}

#[test]
fn the_fullest_is_filled_first() {
    given().ready(1, 5).ready(2, 8).ready(3, 4).settled().then_plan_is(&[
        drain(3),
        move_users(3, 2, 2),
        move_users(3, 1, 2),
    ]);
}

#[test]
fn nothing_is_drained_before_the_surplus_has_settled() {
    let least = Policy::local().drain_settle;
    let surplus = given().ready(1, 6).ready(2, 4);
    assert!(has_surplus(&surplus.view, &surplus.policy));
    surplus.then_nothing_is_done();
    surplus.clone().surplus_for(least - A_MOMENT).then_nothing_is_done();
    surplus
        .surplus_for(least)
        .then_plan_is(&[drain(2), move_users(2, 1, 4)]);
}

#[test]
fn a_surplus_that_is_gone_drains_nothing_however_long_it_held() {
    given().ready(1, 10).ready(2, 4).settled().then_nothing_is_done();
}

#[test]
fn nothing_is_drained_while_the_fleet_grows() {
    given()
        .ready(1, 6)
        .ready(2, 4)
        .waiting(1)
        .settled()
        .then_nothing_is_done();
    given()
        .ready(1, 6)
        .ready(2, 4)
        .starting(3)
        .settled()
        .then_nothing_is_done();
}

#[test]
fn nothing_is_drained_or_moved_where_moves_are_off() {
    let still = || given().policy(|policy| policy.moves = false);
    still().ready(1, 6).ready(2, 4).settled().then_nothing_is_done();
    still().ready(1, 6).draining(2, 4).then_nothing_is_done();
}

#[test]
fn spare_seats_and_slack_stay_free_when_a_server_is_drained() {
    let spare = given().policy(|policy| policy.spare_seats = 1).ready(1, 6).settled();
    spare.clone().ready(2, 4).then_nothing_is_done();
    spare.ready(2, 3).then_plan_is(&[drain(2), move_users(2, 1, 3)]);
    given()
        .policy(|policy| policy.drain_slack = 1)
        .ready(1, 6)
        .ready(2, 4)
        .settled()
        .then_nothing_is_done();
}

#[test]
fn nobody_is_moved_onto_an_empty_server_to_drain_another() {
    given()
        .ready(1, 10)
        .ready(2, 3)
        .idle(3, Duration::ZERO)
        .settled()
        .then_nothing_is_done();
}

#[test]
fn users_of_a_draining_server_follow_as_seats_come_free() {
    given().ready(1, 8).draining(2, 5).then_plan_is(&[move_users(2, 1, 2)]);
    given().ready(1, 10).draining(2, 5).then_nothing_is_done();
}

#[test]
fn who_waits_comes_before_who_moves() {
    given()
        .ready(1, 7)
        .draining(2, 5)
        .waiting(2)
        .then_plan_is(&[move_users(2, 1, 1)]);
    given().ready(1, 7).draining(2, 5).waiting(3).then_nothing_is_done();
}

#[test]
fn no_server_is_launched_for_users_of_a_draining_one() {
    given().ready(1, 10).draining(2, 5).then_nothing_is_done();
}

#[test]
fn seats_promised_to_movers_drain_no_second_server() {
    // Server 2's users take all but one seat of server 1, so server 3's do not fit as well.
    given()
        .ready(1, 6)
        .ready(3, 2)
        .draining(2, 3)
        .settled()
        .then_plan_is(&[move_users(2, 1, 3)]);
}
