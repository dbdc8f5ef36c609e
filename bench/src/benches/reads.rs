//! List commands a second, against pgbench with `select 1`.

use super::rounds::against_pgbench;
use crate::arguments::Options;
use crate::failure::Failure;
use crate::load::Request;
use crate::people::{befriend, newcomers, spread};
use crate::pgbench::Pgbench;
use crate::program::tell;
use crate::report::{Report, Summary, figure};
use crate::service::Service;
use crate::stage::Stage;

/// Who is friends with whom: those so many places further on, so that everybody has twice as many friends.
const STEPS: [usize; 3] = [1, 2, 3];

/// Users list their friends.
///
/// # Errors
/// Where something cannot be started, or does not do its part.
pub async fn measure(stage: &Stage, options: &Options, users: usize) -> Result<Report, Failure> {
    let pgbench = Pgbench::new(stage, "select-1", "select 1;\n")?;
    let service = Service::start(stage, &[]).await?;
    tell(&format!("registering and logging in {users} users, and making friends"));
    let mut people = newcomers(service.address, None, "user", users).await?;
    befriend(&mut people, &STEPS).await?;
    let mut requests: Vec<Request> = people
        .iter()
        .map(|person| Request::plain(&person.line("list-friend")))
        .collect();
    let (rounds, replies) = against_pgbench(options, &mut people, &mut requests, &pgbench).await?;
    let time = |share| figure(replies.percentile(share));
    let servers = spread(&people).len();
    Ok(Report {
        title: format!(
            "reads: {users} users listing their {} friends, on {servers} application servers",
            2 * STEPS.len()
        ),
        table: rounds.table("Tenfold lists/s", "pgbench select 1/s"),
        notes: vec![
            format!("A reply took {} ms (p50), {} ms (p99).", time(0.5), time(0.99)),
            format!("pgbench: {users} clients, `select 1`, prepared."),
        ],
        summary: Summary::of("reads", rounds.value(), rounds.against(), "commands/s"),
    })
}
