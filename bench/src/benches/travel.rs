//! The service at any position of a long log, in milliseconds, against one second: the program `tenfold-events state --at`
//! from its start to its end, with every row and every text in its output. And a step in `travel`, against fifty.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tenfold_core::ids::Position;
use tenfold_inspect::clock::Clock;
use tenfold_inspect::moment_argument::MomentArgument;
use tenfold_inspect::travel::{Action, Traveller};
use tenfold_replay::history::{History, Progress};
use tenfold_replay::state::FOLDED_UP_TO;
use tenfold_synthetic::{Shape, Synthetic, store};
use tokio::io::AsyncReadExt;

use crate::arguments::Options;
use crate::failure::Failure;
use crate::program::tell;
use crate::programs::{self, EVENTS};
use crate::report::{Report, Summary, Table, figure};
use crate::stage::Stage;
use crate::statistics::median;

const EVENTS_WANTED: u64 = 10_000_000;
/// Above what is folded instead of being looked up.
const EVENTS_QUICKLY: u64 = 60_000;
/// Milliseconds that the state at a position, and a step, should stay under.
const AIM: f64 = 1000.0;
const AIM_OF_A_STEP: f64 = 50.0;
/// How often a program's memory is looked at: its peak is known to the system, until it ends.
const LOOK: Duration = Duration::from_millis(5);

/// What a run of the program took.
struct Run {
    milliseconds: f64,
    /// In MiB.
    memory: f64,
    /// Of its output, in MiB.
    output: f64,
}

/// Fills a log, has its history made, and goes to random places in it.
///
/// # Errors
/// Where something cannot be started, or does not do its part.
pub async fn measure(stage: &Stage, options: &Options, events: Option<u64>) -> Result<Report, Failure> {
    let events = events.unwrap_or(if options.quick { EVENTS_QUICKLY } else { EVENTS_WANTED });
    let (places, steps) = if options.quick { (3, 30) } else { (30, 600) };
    tell(&format!("writing a log of {events} events"));
    let end = fill(stage, events).await?;
    // Not under the stage's home, which is open to others.
    let home = stage.home().join("travel");
    tell("making the history index");
    let first = state_at(stage, &home, end).await?;
    let index = size(&home);
    let mut random = StdRng::seed_from_u64(1);
    // What is folded because it is so short is not what is measured here.
    let lowest = (end.0 / 100).max(FOLDED_UP_TO.0 + 1).min(end.0);
    let mut somewhere = || Position(random.random_range(lowest..=end.0));
    let mut runs = Vec::new();
    for place in 1..=places {
        let position = somewhere();
        let run = state_at(stage, &home, position).await?;
        tell(&format!(
            "state {place} of {places}, at {position}: {} ms, {} MiB",
            figure(run.milliseconds),
            figure(run.output)
        ));
        runs.push(run);
    }
    tell("stepping");
    let (mut walked, mut jumped) = (Vec::new(), Vec::new());
    let mut traveller = set_out(stage, &home).await?;
    for _ in 0..places {
        let place = Action::Moment(MomentArgument::Position(somewhere()));
        jumped.push(go(&mut traveller, &place).await?);
        for step in 0..steps / places {
            // A few forward, as many back.
            let step = if step % 10 < 5 { 1 } else { -1 };
            walked.push(go(&mut traveller, &Action::Step(step)).await?);
        }
    }
    Ok(report(events, &first, index, &runs, &jumped, &walked))
}

fn report(events: u64, first: &Run, index: f64, runs: &[Run], jumped: &[f64], walked: &[f64]) -> Report {
    let states: Vec<f64> = runs.iter().map(|run| run.milliseconds).collect();
    let memory: Vec<f64> = runs.iter().map(|run| run.memory).collect();
    let output: Vec<f64> = runs.iter().map(|run| run.output).collect();
    let mut table = Table::new(&["", "median ms", "worst ms", "aim"]);
    let mut row = |what: &str, figures: &[f64], aim: f64| {
        let cells = [
            what.to_owned(),
            figure(median(figures)),
            figure(most(figures)),
            format!("< {aim:.0}"),
        ];
        table.row(cells);
    };
    row("state --at P --json, the whole program", &states, AIM);
    row("travel: to any place, with all that is to be seen", jumped, AIM);
    row("travel: a step forward or back", walked, AIM_OF_A_STEP);
    Report {
        title: format!("travel: any position of {events} events"),
        table,
        notes: vec![
            format!(
                "The index was made in {} s, with {} MiB of memory at most; it has {} MiB, {} bytes an event.",
                figure(first.milliseconds / 1000.0),
                figure(first.memory),
                figure(index),
                figure(index * 1024.0 * 1024.0 / events as f64)
            ),
            format!(
                "A state took {} MiB of memory at most; it was {} to {} MiB of JSON.",
                figure(most(&memory)),
                figure(output.iter().copied().fold(f64::INFINITY, f64::min)),
                figure(most(&output))
            ),
            "Counted is the worst state.".into(),
        ],
        summary: Summary::of("travel", most(&states), AIM, "ms"),
    }
}

/// A service as it is used, among five hundred people, who leave and are followed by others.
async fn fill(stage: &Stage, events: u64) -> Result<Position, Failure> {
    let database = stage.database()?;
    database.migrate().await?;
    let client = database.connect("bench").await?;
    let log = Synthetic::new(Shape::everyday(1));
    let end = store(&client, log.take(usize::try_from(events).unwrap_or(usize::MAX))).await?;
    // What a log that has grown over weeks has behind it.
    client.batch_execute("vacuum (analyze) event").await?;
    client.batch_execute("checkpoint").await?;
    Ok(end)
}

/// Runs the program to its end, and reads all that it prints.
async fn state_at(stage: &Stage, home: &Path, position: Position) -> Result<Run, Failure> {
    let mut command = programs::command(EVENTS)?;
    command
        .args([
            "state",
            "--json",
            "--at",
            &position.to_string(),
            "--database",
            stage.url(),
            "--home",
        ])
        .arg(home)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let started = Instant::now();
    let mut child = command
        .spawn()
        .map_err(Failure::system("tenfold-events cannot be started"))?;
    let pid = child.id().unwrap_or_default();
    let mut stdout = child.stdout.take().ok_or_else(|| failed("it has no output"))?;
    let reading = tokio::spawn(async move {
        let (mut bytes, mut chunk) = (0, vec![0; 1 << 20]);
        while let Ok(count @ 1..) = stdout.read(&mut chunk).await {
            bytes += count;
        }
        bytes
    });
    let mut memory: f64 = 0.0;
    let mut ending = std::pin::pin!(child.wait_with_output());
    let output = loop {
        tokio::select! {
            output = &mut ending => break output.map_err(Failure::system("tenfold-events cannot be waited for"))?,
            () = tokio::time::sleep(LOOK) => memory = memory.max(peak_memory(pid).unwrap_or_default()),
        }
    };
    let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failed(said.lines().last().unwrap_or("it did not say why")));
    }
    let bytes = reading.await.unwrap_or_default();
    Ok(Run {
        milliseconds,
        memory,
        output: bytes as f64 / 1024.0 / 1024.0,
    })
}

fn failed(said: &str) -> Failure {
    Failure::Program {
        name: EVENTS,
        said: said.to_owned(),
    }
}

/// The most memory that a process has had, in MiB.
fn peak_memory(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes / 1024.0)
}

fn most(figures: &[f64]) -> f64 {
    figures.iter().copied().fold(0.0, f64::max)
}

/// Of all files in a folder and below it, in MiB.
fn size(folder: &Path) -> f64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(file) if file.is_dir() => size(&entry.path()),
        Ok(file) => file.len() as f64 / 1024.0 / 1024.0,
        Err(_) => 0.0,
    });
    sizes.sum()
}

async fn set_out(stage: &Stage, home: &Path) -> Result<Traveller, Failure> {
    let client = stage.database()?.connect("bench").await?;
    let history = History::open(&client, home, &Progress::default()).await;
    let history = history.map_err(|error| failed(&error.to_string()))?;
    let end = history.end();
    Traveller::new(client, home, history, end, Clock::utc()).map_err(|error| failed(&error.to_string()))
}

/// How long it takes from a key to all that is to be drawn.
async fn go(traveller: &mut Traveller, action: &Action) -> Result<f64, Failure> {
    let started = Instant::now();
    let refusal = traveller
        .perform(action)
        .await
        .map_err(|error| failed(&error.to_string()))?;
    if let Some(refusal) = refusal {
        return Err(failed(&refusal));
    }
    traveller.scene().await.map_err(|error| failed(&error.to_string()))?;
    Ok(started.elapsed().as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_process_has_had_memory() {
        assert!(peak_memory(std::process::id()).unwrap() > 0.0);
        assert_eq!(peak_memory(0), None);
    }

    #[test]
    fn a_folders_size_counts_what_is_below_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("below")).unwrap();
        std::fs::write(folder.path().join("below/file"), vec![0; 1024 * 1024]).unwrap();
        std::fs::write(folder.path().join("file"), vec![0; 512 * 1024]).unwrap();
        assert_eq!(size(folder.path()), 1.5);
    }
}
