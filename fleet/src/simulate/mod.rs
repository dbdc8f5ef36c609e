//! A simulated day: people come and go, and the real planner runs a fleet for them.
//!
//! A discrete-event simulation drives [`crate::plan::plan`] and [`tenfold_core::seat_policy`], after
//! every event and at the reconciler's ticks, and integrates the servers that run and the least
//! that could have served the users. The seed decides everything.
//!
//! What it assumes:
//! - Users arrive as a Poisson process whose rate follows the time of day (a cosine, lowest at
//!   the start, `swing` below and above the average), and come alone, not in crowds.
//! - A seat is kept for 20 minutes on average and the time is exponentially distributed. That is
//!   the time until logout or until the hold after the last connection, not the session's.
//! - A server counts from the call of the provider until its end: boots and drains are paid for.
//!   Users count while they are seated or wait for a seat.
//! - A move changes the seat at once; the old server stays for the policy's `drain_linger`.
//! - A crash is noticed when the heartbeat is stale; its users come back at once and wait.
//!
//! What decides the figures: without moves, users who leave make holes on all servers alike, and
//! only newcomers fill them. Fullest-first seats, with an idle grace that is short against the stays,
//! come to 1.10 to 1.12 of the floor, whatever the swing (0.3 to 0.7), the mean stay (20 to 30
//! minutes) and the boot. What does matter is the tail of the stays, for a few who stay for very long
//! hold a server each: log-normal ones cost 1.10 with a sigma of 0.5, 1.13 with 1.0, 1.14 with 1.2.
//! With moves, a server too many lasts for the settle time, the linger and now and then the grace,
//! so the figure is 1.005 with the local policy and 1.03 with that for EC2.

mod events;
mod report;
mod rng;
mod scenario;
mod server;
mod workload;
mod world;

#[cfg(test)]
mod tests;

pub use report::{Report, Users};
pub use scenario::{Scenario, Stay};

/// Simulates the scenario once. The same seed gives the same report.
pub fn simulate(scenario: &Scenario, seed: u64) -> Report {
    let arrivals = workload::arrivals(scenario, seed);
    world::World::new(scenario, &arrivals, seed).run()
}

/// Simulates the scenario once for each seed and reports on all days as one: single days differ by
/// a percent or two.
pub fn simulate_days(scenario: &Scenario, seeds: impl IntoIterator<Item = u64>) -> Report {
    seeds
        .into_iter()
        .map(|seed| simulate(scenario, seed))
        .reduce(Report::and)
        .unwrap_or_default()
}
