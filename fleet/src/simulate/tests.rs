//! The seed decides everything; then what a day must look like. All seeds are fixed, so these
//! figures are the same on every machine.

use std::time::Duration;

use super::*;

/// Two hours of many people, short stays and servers that crash: more happens than in a day.
fn rough_hours() -> Scenario {
    Scenario {
        average_users: 60.0,
        swing: 0.0,
        mean_stay: Duration::from_secs(180),
        mean_time_to_crash: Some(Duration::from_secs(600)),
        boot: Duration::from_secs(5),
        warm_up: Duration::ZERO,
        measured: Duration::from_secs(2 * 3600),
        ..Scenario::local()
    }
}

fn assert_everybody_is_accounted_for(report: &Report) {
    let Users {
        came,
        left,
        gave_up,
        still_seated,
        still_waiting,
    } = report.users;
    assert!(came > 0);
    assert_eq!(came, left + gave_up + still_seated + still_waiting);
}

#[test]
fn the_seed_decides_everything() {
    let scenario = rough_hours();
    assert_eq!(simulate(&scenario, 7), simulate(&scenario, 7));
    assert_ne!(simulate(&scenario, 7), simulate(&scenario, 8));
}

#[test]
fn policies_are_compared_on_the_same_people() {
    let scenario = rough_hours();
    let came = |moves| simulate(&scenario.clone().with_moves(moves), 7).users.came;
    assert_eq!(came(true), came(false));
}

#[test]
fn a_day_has_the_users_it_should() {
    let report = simulate_days(&Scenario::local(), 1..=5);
    assert!(
        (97.0..103.0).contains(&report.average_users()),
        "{}",
        report.average_users()
    );
    assert!((report.measured_seconds - 5.0 * 24.0 * 3600.0).abs() < 1.0);
}

#[test]
fn with_moves_the_fleet_costs_at_most_a_twentieth_over_the_floor() {
    for scenario in [Scenario::local(), Scenario::ec2()] {
        let report = simulate_days(&scenario, 1..=3);
        assert!((1.0..=1.05).contains(&report.ratio()), "{}", report.ratio());
        assert_everybody_is_accounted_for(&report);
    }
}

#[test]
fn without_moves_it_costs_at_most_an_eighth_over_the_floor() {
    for scenario in [Scenario::local(), Scenario::ec2()] {
        let report = simulate_days(&scenario.with_moves(false), 1..=10);
        assert!((1.0..=1.12).contains(&report.ratio()), "{}", report.ratio());
        assert_eq!((report.moves, report.drains), (0, 0));
        assert_everybody_is_accounted_for(&report);
    }
}

#[test]
fn nobody_waits_for_longer_than_a_boot() {
    for scenario in [Scenario::local(), Scenario::ec2()] {
        let report = simulate(&scenario, 4);
        assert!(report.longest_wait() <= scenario.boot, "{:?}", report.longest_wait());
        assert_eq!(report.users.gave_up, 0);
    }
}

#[test]
fn the_settle_time_keeps_a_fleet_from_flapping() {
    let hasty = {
        let mut scenario = Scenario::ec2();
        scenario.policy.drain_settle = Duration::ZERO;
        simulate(&scenario, 5)
    };
    let settled = simulate(&Scenario::ec2(), 5);
    assert!(
        settled.launches * 2 <= hasty.launches,
        "{} against {}",
        settled.launches,
        hasty.launches
    );
    assert!(
        settled.moves * 2 <= hasty.moves,
        "{} against {}",
        settled.moves,
        hasty.moves
    );
}

#[test]
fn crashes_cost_their_users_a_short_wait_and_nobody_a_seat() {
    let scenario = rough_hours();
    let report = simulate_days(&scenario, 1..=5);
    assert!(report.crashes > 100, "{}", report.crashes);
    assert!(
        report.longest_wait() <= scenario.boot * 2,
        "{:?}",
        report.longest_wait()
    );
    assert_eq!(report.most_users_on_a_server, scenario.policy.seats);
    assert_everybody_is_accounted_for(&report);
}

#[test]
fn at_the_limit_users_wait_and_then_give_up() {
    let mut scenario = rough_hours();
    scenario.mean_time_to_crash = None;
    scenario.policy.max_instances = Some(4);
    let report = simulate(&scenario, 6);
    assert!(report.users.gave_up > 0);
    assert!(report.longest_wait() <= scenario.seat_wait);
    assert!(report.server_seconds <= 4.0 * report.measured_seconds);
    assert_everybody_is_accounted_for(&report);
}

#[test]
fn spare_seats_spare_the_wait() {
    let mut scenario = Scenario::ec2();
    let without = simulate(&scenario, 3);
    scenario.policy.spare_seats = 3;
    let with = simulate(&scenario, 3);
    assert!(
        with.wait(0.99) < without.wait(0.99) / 2,
        "{:?} against {:?}",
        with.wait(0.99),
        without.wait(0.99)
    );
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn nobody_waits_for_ever_and_no_server_is_overfull(
            seed in any::<u64>(),
            seats in 1usize..12,
            spare_seats in 0usize..12,
            moves in any::<bool>(),
            crash_minutes in prop::option::of(2u64..60),
            boot in 0u64..60,
        ) {
            let mut scenario = rough_hours().with_moves(moves);
            scenario.average_users = 20.0;
            scenario.boot = Duration::from_secs(boot);
            scenario.mean_time_to_crash = crash_minutes.map(|minutes| Duration::from_secs(60 * minutes));
            scenario.policy.launch_deadline = Duration::from_secs(120);
            scenario.policy.seats = seats;
            scenario.policy.spare_seats = spare_seats;
            let report = simulate(&scenario, seed);
            assert_everybody_is_accounted_for(&report);
            prop_assert!(report.most_users_on_a_server <= seats);
            prop_assert!(report.ratio() >= 1.0 || report.crashes > 0 || boot > 0);
            // A server that crashes as it becomes ready costs its users another boot, seldom two.
            let patience = scenario.boot * 4 + scenario.heartbeat_timeout * 4 + scenario.reconcile_every;
            prop_assert!(report.longest_wait() <= patience, "{:?}", report.longest_wait());
        }
    }
}
