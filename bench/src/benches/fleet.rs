//! What the fleet costs: servers over time against the least that could have served the users, in simulated days of
//! the real planner.

use tenfold_fleet::simulate::{Report as Days, Scenario, simulate_days};

use crate::arguments::Options;
use crate::failure::Failure;
use crate::report::{Report, Summary, Table, figure};

/// The floor.
const FLOOR: f64 = 1.0;

/// Simulates days with and without moves, on local servers and on EC2.
///
/// # Errors
/// None in practice.
pub async fn measure(options: &Options) -> Result<Report, Failure> {
    let days = if options.quick { 1 } else { 10 };
    // On a thread of its own, so that Ctrl-C is heard.
    let simulated = tokio::task::spawn_blocking(move || simulate_all(days)).await;
    let simulated = simulated.map_err(|error| Failure::System {
        what: "the simulation broke off".into(),
        source: error.into(),
    })?;
    let mut table = Table::new(&[
        "fleet",
        "servers / floor",
        "launches a day",
        "moves a day",
        "wait p50 ms",
        "wait p99 ms",
        "longest ms",
    ]);
    for (name, report) in &simulated {
        table.row(row(name, report, days));
    }
    let (with_moves, users) = (simulated[0].1.ratio(), simulated[0].1.average_users());
    Ok(Report {
        title: format!(
            "fleet: {days} simulated days, {} users on average, ten seats a server",
            figure(users)
        ),
        table,
        notes: vec![
            "The floor is ceil(users / seats) over time: 1.00 is a fleet that is never a server too large.".into(),
        ],
        summary: Summary::of("fleet", with_moves, FLOOR, "servers / ceil(users / seats)"),
    })
}

fn simulate_all(days: u64) -> Vec<(&'static str, Days)> {
    let scenarios = [
        ("local, with moves", Scenario::local().with_moves(true)),
        ("local, without moves", Scenario::local().with_moves(false)),
        ("ec2, with moves", Scenario::ec2().with_moves(true)),
        ("ec2, without moves", Scenario::ec2().with_moves(false)),
    ];
    scenarios
        .into_iter()
        .map(|(name, scenario)| (name, simulate_days(&scenario, 1..=days)))
        .collect()
}

fn row(name: &str, report: &Days, days: u64) -> Vec<String> {
    let a_day = |count: usize| figure(count as f64 / days as f64);
    let wait = |share| figure(report.wait(share).as_secs_f64() * 1000.0);
    vec![
        name.to_owned(),
        format!("{:.3}", report.ratio()),
        a_day(report.launches),
        a_day(report.moves),
        wait(0.5),
        wait(0.99),
        figure(report.longest_wait().as_secs_f64() * 1000.0),
    ]
}
