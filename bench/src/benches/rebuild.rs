//! Events a second, making every projection anew from the log, against reading the same log as a binary COPY.

use std::pin::pin;
use std::process::Stdio;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use tenfold_events::synthetic::{Shape, Synthetic, store};

use super::rounds::Rounds;
use crate::arguments::Options;
use crate::failure::Failure;
use crate::program::tell;
use crate::programs::{self, EVENTS};
use crate::report::{Report, Summary, figure};
use crate::stage::Stage;

const EVENTS_WANTED: u64 = 1_000_000;
const EVENTS_QUICKLY: u64 = 20_000;
const COPY: &str = "copy event to stdout (format binary)";

/// Fills a log with events, then rebuilds and reads it in turn.
///
/// # Errors
/// Where something cannot be started, or does not do its part.
pub async fn measure(stage: &Stage, options: &Options, events: Option<u64>) -> Result<Report, Failure> {
    let events = events.unwrap_or(if options.quick { EVENTS_QUICKLY } else { EVENTS_WANTED });
    tell(&format!("writing a log of {events} events"));
    fill(stage, events).await?;
    let rounds = rounds(stage, options, events as f64).await?;
    let seconds = |rate: f64| figure(events as f64 / rate);
    Ok(Report {
        title: format!("rebuild: every projection of {events} events"),
        table: rounds.table("rebuild events/s", "COPY events/s"),
        notes: vec![
            format!(
                "A rebuild took {} s, from the start of the program to its end; a COPY {} s.",
                seconds(rounds.value()),
                seconds(rounds.against())
            ),
            format!("COPY: `{COPY}`, read and counted by one client."),
        ],
        summary: Summary::of("rebuild", rounds.value(), rounds.against(), "events/s"),
    })
}

/// Both sides run to their end, however long that takes: three times each, or once where it must be quick.
async fn rounds(stage: &Stage, options: &Options, events: f64) -> Result<Rounds, Failure> {
    let mut rounds = Rounds::default();
    let count = options.rounds().min(3);
    copy(stage).await?;
    for round in 1..=count {
        tell(&format!("round {round} of {count}"));
        rounds.ours.push(events / rebuild(stage).await?.as_secs_f64());
        rounds.theirs.push(events / copy(stage).await?.as_secs_f64());
    }
    Ok(rounds)
}

/// The log of a service as it is used: mostly posts and messages, among five hundred people.
async fn fill(stage: &Stage, events: u64) -> Result<(), Failure> {
    let database = stage.database()?;
    database.migrate().await?;
    let client = database.connect("bench").await?;
    let log = Synthetic::new(Shape::everyday(1));
    store(&client, log.take(usize::try_from(events).unwrap_or(usize::MAX))).await?;
    // What a log that has grown over weeks has behind it, and neither side should pay for.
    client.batch_execute("vacuum (analyze) event").await?;
    Ok(client.batch_execute("checkpoint").await?)
}

async fn rebuild(stage: &Stage) -> Result<Duration, Failure> {
    let mut command = programs::command(EVENTS)?;
    command
        .args(["rebuild", "--database", stage.url()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let started = Instant::now();
    let output = command
        .output()
        .await
        .map_err(Failure::system("tenfold-events cannot be started"))?;
    let took = started.elapsed();
    if output.status.success() {
        return Ok(took);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said
        .lines()
        .rfind(|line| !line.trim().is_empty())
        .unwrap_or("it did not say why")
        .to_owned();
    Err(Failure::Program { name: EVENTS, said })
}

async fn copy(stage: &Stage) -> Result<Duration, Failure> {
    let client = stage.database()?.connect("bench").await?;
    let started = Instant::now();
    let mut rows = pin!(client.copy_out(COPY).await?);
    let mut bytes = 0;
    while let Some(part) = rows.try_next().await? {
        bytes += part.len();
    }
    tell(&format!("COPY read {} MiB", bytes / 1024 / 1024));
    Ok(started.elapsed())
}
