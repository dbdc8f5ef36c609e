//! The people of a day: who comes when, and stays for how long.

use std::time::Duration;

use super::rng::Rng;
use super::scenario::{Scenario, Stay};

const DAY: f64 = 24.0 * 3600.0;

/// One user who comes, wants a seat for some time, and leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrival {
    /// When, from the start of the simulation.
    pub(super) at: Duration,
    /// For how long, from the moment of the first seat.
    pub(super) stays: Duration,
}

/// Draws the arrivals of a scenario, in the order they arrive: a Poisson process whose rate follows
/// the time of day. They depend on the seed and on nothing that the fleet does, so that two
/// policies are compared on the same people.
pub(super) fn arrivals(scenario: &Scenario, seed: u64) -> Vec<Arrival> {
    let mut gaps = Rng::new(seed, 1);
    let mut stays = Rng::new(seed, 2);
    let end = (scenario.warm_up + scenario.measured).as_secs_f64();
    let average_rate = scenario.average_users / scenario.mean_stay.as_secs_f64();
    let highest_rate = average_rate * (1.0 + scenario.swing);
    let mut found = Vec::new();
    let mut now = 0.0;
    loop {
        now += gaps.exponential(1.0 / highest_rate);
        if now >= end {
            return found;
        }
        // Thinning: candidates come at the highest rate, and as many are kept as the hour deserves.
        if gaps.fraction() * highest_rate <= average_rate * time_of_day(now, scenario) {
            found.push(Arrival {
                at: Duration::from_secs_f64(now),
                stays: stay(&mut stays, scenario),
            });
        }
    }
}

/// The rate at this time over the average one. What is measured begins in the deepest night.
fn time_of_day(now: f64, scenario: &Scenario) -> f64 {
    let since_midnight = now - scenario.warm_up.as_secs_f64();
    1.0 - scenario.swing * (std::f64::consts::TAU * since_midnight / DAY).cos()
}

fn stay(rng: &mut Rng, scenario: &Scenario) -> Duration {
    let mean = scenario.mean_stay.as_secs_f64();
    Duration::from_secs_f64(match scenario.stay {
        Stay::Exponential => rng.exponential(mean),
        Stay::LogNormal { sigma } => rng.log_normal(mean, sigma),
    })
}
