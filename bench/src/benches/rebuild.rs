//! Events a second, making every projection anew from the log, against reading the same log as a binary COPY.

use std::pin::pin;
use std::process::Stdio;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use tenfold_log::sealing::{self, MasterKey};
use tenfold_synthetic::{Shape, Synthetic, store_sealed};

use super::rounds::Rounds;
use crate::arguments::Options;
use crate::failure::Failure;
use crate::program::tell;
use crate::programs::{self, EVENTS};
use crate::report::{Report, Summary, figure};
use crate::stage::Stage;

const EVENTS_WANTED: u64 = 1_000_000;
const EVENTS_QUICKLY: u64 = 20_000;
/// Nobody's; the log is nobody's either.
const MASTER_KEY: [u8; 32] = [1; 32];
const COPY: &str = "copy event to stdout (format binary)";

/// Fills a log with events, then rebuilds and reads it in turn.
///
/// # Errors
/// Where something cannot be started, or does not do its part.
pub async fn measure(stage: &Stage, options: &Options, events: Option<u64>) -> Result<Report, Failure> {
    let events = events.unwrap_or(if options.quick { EVENTS_QUICKLY } else { EVENTS_WANTED });
    tell(&format!("writing a log of {events} events"));
    fill(stage, events).await?;
    let (rounds, memory) = rounds(stage, options, events as f64).await?;
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
            format!(
                "A rebuild took at most {memory} MiB of memory: it grows with the rows there are, not with the log."
            ),
            format!("COPY: `{COPY}`, read and counted by one client."),
        ],
        summary: Summary::of("rebuild", rounds.value(), rounds.against(), "events/s"),
    })
}

/// Both sides run to their end, however long that takes: three times each, or once where it must be quick. Also the most MiB
/// of memory that a rebuild took.
async fn rounds(stage: &Stage, options: &Options, events: f64) -> Result<(Rounds, u64), Failure> {
    let (mut rounds, mut memory) = (Rounds::default(), 0);
    let count = options.rounds().min(3);
    copy(stage).await?;
    for round in 1..=count {
        tell(&format!("round {round} of {count}"));
        let rebuilt = rebuild(stage).await?;
        rounds.ours.push(events / rebuilt.took.as_secs_f64());
        memory = memory.max(rebuilt.memory);
        rounds.theirs.push(events / copy(stage).await?.as_secs_f64());
    }
    Ok((rounds, memory))
}

/// The log of a service as it is used: mostly posts and messages, among five hundred people.
async fn fill(stage: &Stage, events: u64) -> Result<(), Failure> {
    let database = stage.database()?;
    database.migrate().await?;
    let client = database.connect("bench").await?;
    let log = Synthetic::new(Shape::everyday(1));
    let log = log.take(usize::try_from(events).unwrap_or(usize::MAX));
    store_sealed(&client, &MasterKey::new(MASTER_KEY), log).await?;
    // What a log that has grown over weeks has behind it, and neither side should pay for.
    client.batch_execute("vacuum (analyze) event").await?;
    Ok(client.batch_execute("checkpoint").await?)
}

/// A rebuild.
struct Rebuilt {
    took: Duration,
    /// In MiB.
    memory: u64,
}

async fn rebuild(stage: &Stage) -> Result<Rebuilt, Failure> {
    let mut command = programs::command(EVENTS)?;
    command
        .args(["rebuild", "--database", stage.url()])
        .env(sealing::VARIABLE, MasterKey::new(MASTER_KEY).reveal())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let started = Instant::now();
    let output = command
        .output()
        .await
        .map_err(Failure::system("tenfold-events cannot be started"))?;
    let took = started.elapsed();
    if output.status.success() {
        let memory = memory_in(&String::from_utf8_lossy(&output.stdout)).unwrap_or(0);
        return Ok(Rebuilt { took, memory });
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said
        .lines()
        .rfind(|line| !line.trim().is_empty())
        .unwrap_or("it did not say why")
        .to_owned();
    Err(Failure::Program { name: EVENTS, said })
}

/// What the program says of its memory: `with at most 123 MiB of memory`.
fn memory_in(said: &str) -> Option<u64> {
    let (_, behind) = said.split_once("with at most ")?;
    behind.split(' ').next()?.parse().ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_is_read_from_what_the_program_says() {
        let said = "rebuilt from 7 events in 0.10 s, 70 events/s\nwith at most 123 MiB of memory\n";
        assert_eq!(memory_in(said), Some(123));
        assert_eq!(memory_in("rebuilt"), None);
    }
}
