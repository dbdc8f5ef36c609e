//! `fork`: what would have become of the log with other events in it.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};
use tenfold_core::event::Recorded;
use tenfold_core::ids::Position;
use tenfold_log::database::Client;

use super::failure::{Failure, not_compared, say};
use super::output::output;
use super::sandboxes::{self, ForkTask};
use crate::clock::Clock;
use crate::event_kinds::sentence;
use crate::fork::sandbox::Sandbox;
use crate::fork::{self, Edits, EditsError, Insertion, LeftOut, Put, Replacement, Trial, Why};
use crate::moment_argument::{MomentArgument, moment};
use crate::names::Names;
use crate::past;
use crate::raw_event::RawEvent;
use crate::reader;
use tenfold_core::escape::{escaped, escaped_json};
use tenfold_log::database::Database;
use tenfold_log::sealing::{self, LockedError};
use tenfold_log::span::Span;
use tenfold_replay::fold::Counter;
use tenfold_replay::rebuild::{self, Progress};
use tenfold_replay::state::State;

/// Exit status where an edit came to nothing.
const IDLE: u8 = 1;
/// How many events that were left out are shown.
const SHOWN: usize = 20;

/// The arguments of `fork`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Fork {
    #[command(subcommand)]
    pub(super) task: Option<ForkTask>,
    /// Keep the fork as a database of this name on the same server, which must not exist; without it the outcome is
    /// printed and nothing is kept.
    #[arg(long, value_name = "SANDBOX")]
    pub(super) to: Option<String>,
    /// Leave out these events: 812, 812-820 or 812,815.
    #[arg(long, value_name = "P", value_parser = fork::positions)]
    skip: Vec<Vec<Position>>,
    /// Replace this event; what the JSON does not say stays: 812={"personal":{"text":"other"}}.
    #[arg(long, value_name = "P=JSON", value_parser = fork::replacement)]
    replace: Vec<Replacement>,
    /// One more event behind this one, as somebody's command (812=accept-invite bob alice) or as JSON.
    #[arg(long, value_name = "P=COMMAND|JSON", value_parser = fork::insertion)]
    insert_after: Vec<Insertion>,
    /// Only up to this position or time.
    #[arg(long, value_name = "P|TIME", value_parser = moment, allow_hyphen_values = true)]
    until: Option<MomentArgument>,
    /// Also leave out the events that cannot have happened in the fork, and go on.
    #[arg(long)]
    skip_impossible: bool,
    /// The outcome as one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    database: &Database,
    client: &Client,
    home: &Path,
    arguments: &Fork,
    clock: Clock,
) -> Result<ExitCode, Failure> {
    if let Some(task) = &arguments.task {
        return sandboxes::run(database, home, task, clock).await;
    }
    let span = past::span(client, None, arguments.until, clock).await?;
    let is_locked = sealing::is_locked(client).await?;
    if is_locked && arguments.needs_names() {
        return Err(LockedError.into());
    }
    let edits = edits(client, arguments).await?;
    let end = span.until;
    if let Some(position) = edits.positions().into_iter().find(|position| *position > end) {
        return Err(EditsError::BehindEnd { position, end }.into());
    }
    let trial = fork::trial(client, span, edits, arguments.skip_impossible, &Counter::default()).await;
    let trial = trial?;
    if let Some((position, why)) = &trial.impossible {
        return Err(Failure::Sentence(format!(
            "the command cannot be given after position {position}: {why}"
        )));
    }
    let names = names(client, &trial).await?;
    if let Some(left) = trial.left_out.first().filter(|_| !arguments.skip_impossible) {
        return Err(Failure::Sentence(format!(
            "the fork stops at position {}: {}; give --skip-impossible to leave out such events and go on",
            left.position,
            lost(left, &names)
        )));
    }
    if let Some(name) = &arguments.to {
        keep(database, client, span, &trial.edits_to_write(client).await?, name).await?;
    }
    if is_locked {
        say(&not_compared("whether names and texts differ"));
    }
    let idle = idle(client, &trial, &names, arguments).await?;
    tell(&trial, &names, &idle, arguments)?;
    Ok(ExitCode::from(if idle.is_empty() { 0 } else { IDLE }))
}

impl Fork {
    /// Whether an edit speaks of people by name, or keeps words of the event that it replaces.
    fn needs_names(&self) -> bool {
        let typed = self.insert_after.iter().any(|(_, put)| matches!(put, Put::Command(_)));
        typed || self.replace.iter().any(|(_, json)| json.get("personal").is_none())
    }
}

/// An edit that changes nothing.
struct Idle {
    position: Position,
    why: String,
}

/// The edits that came to nothing: refused commands, and events that are replaced by the same.
async fn idle(client: &Client, trial: &Trial, names: &Names, arguments: &Fork) -> Result<Vec<Idle>, Failure> {
    let mut idle: Vec<Idle> = trial
        .refused
        .iter()
        .map(|refused| Idle {
            position: refused.position,
            why: format!(
                "`{}` is refused: {}",
                escaped(&refused.command),
                sentence(&refused.event, names)
            ),
        })
        .collect();
    let edits = trial.edits();
    for (position, _) in &arguments.replace {
        let original = original(client, *position).await?;
        if edits.replaced.get(position) == Some(&original) {
            let why = "the event is replaced by one that is the same".into();
            idle.push(Idle {
                position: *position,
                why,
            });
        }
    }
    Ok(idle)
}

/// Copies the log into a new sandbox with the edits, and makes its projections.
async fn keep(live: &Database, client: &Client, span: Span, edits: &Edits, name: &str) -> Result<(), Failure> {
    let sandbox = Sandbox::create(live, name).await?;
    match fill(client, &sandbox, span, edits).await {
        Ok(()) => sandbox
            .finish(&format!("a fork of {}", live.endpoint()))
            .await
            .map_err(Failure::from),
        Err(failure) => {
            sandbox.discard().await?;
            Err(failure)
        }
    }
}

async fn fill(client: &Client, sandbox: &Sandbox, span: Span, edits: &Edits) -> Result<(), Failure> {
    let to = sandbox.database().connect("fork").await?;
    fork::copy::copy(client, &to, span, edits, &Counter::default()).await?;
    rebuild::rebuild(sandbox.database(), &Progress::default()).await?;
    Ok(())
}

async fn edits(client: &Client, arguments: &Fork) -> Result<Edits, Failure> {
    let mut edits = Edits {
        skipped: arguments.skip.iter().flatten().copied().collect(),
        ..Edits::default()
    };
    for position in &edits.skipped {
        // Also one that cannot be read: to leave it out may be just what is wanted.
        exists(client, *position).await?;
    }
    for (position, json) in &arguments.replace {
        let original = original(client, *position).await?;
        edits.replace(&original, json)?;
    }
    for (position, put) in &arguments.insert_after {
        let before = original(client, *position).await?;
        match put {
            Put::Event(json) => edits.insert_after(&before, json)?,
            Put::Command(line) => edits.type_after(&before, line),
        }
    }
    Ok(edits)
}

async fn original(client: &Client, position: Position) -> Result<Recorded, Failure> {
    exists(client, position).await?.decode().map_err(Failure::from)
}

async fn exists(client: &Client, position: Position) -> Result<RawEvent, Failure> {
    let found = reader::read_at(client, &[position]).await?.pop();
    Ok(found.ok_or(EditsError::NoEvent(position))?)
}

async fn names(client: &Client, trial: &Trial) -> Result<Names, Failure> {
    let mut names = Names::default();
    let edits = trial.edits();
    let spoken = edits.positions().into_iter().take(SHOWN);
    let positions: Vec<Position> = spoken
        .chain(trial.left_out.iter().take(SHOWN).map(|left| left.position))
        .collect();
    let events = reader::read_at(client, &positions).await?;
    names
        .learn_ids(client, events.iter().flat_map(|event| event.ids()))
        .await?;
    let put_in = || edits.inserted.values().flatten().chain(edits.replaced.values());
    let ids = put_in().flat_map(|recorded| RawEvent::from(recorded).ids());
    names.learn_ids(client, ids).await?;
    for recorded in put_in() {
        names.follow(&recorded.event);
    }
    Ok(names)
}

/// What would have happened, and why it cannot.
fn lost(left: &LeftOut, names: &Names) -> String {
    let event = sentence(&left.event, names);
    match &left.why {
        Why::Unmet(requirement) => format!("\"{event}\" requires that {}", requirement.text(names)),
        Why::Impossible(why) => format!("\"{event}\" is impossible: {why}"),
    }
}

fn tell(trial: &Trial, names: &Names, idle: &[Idle], arguments: &Fork) -> Result<(), Failure> {
    let state = |facts, position| serde_json::to_value(State::of(facts, position)).unwrap_or(Value::Null);
    let original = state(&trial.original, trial.ends.0);
    let forked = state(&trial.forked, trial.ends.1);
    let differences = fork::differences(&original, &forked);
    let left: Vec<(Position, String)> = trial
        .left_out
        .iter()
        .map(|left| (left.position, lost(left, names)))
        .collect();
    let mut out = output();
    if arguments.json {
        let left: Vec<Value> = left
            .iter()
            .map(|(position, why)| json!({"position": position, "why": why}))
            .collect();
        let without_effect: Vec<Value> = idle
            .iter()
            .map(|idle| json!({"position": idle.position, "why": idle.why}))
            .collect();
        let line = json!({
            "sandbox": arguments.to, "events": trial.events, "position": trial.ends.1, "left_out": left,
            "reseated": trial.reseated.len(), "without_effect": without_effect, "differences": differences,
        });
        writeln!(out, "{}", escaped_json(&line.to_string()))?;
        out.flush()?;
        return Ok(());
    }
    writeln!(
        out,
        "The log has {} events up to position {}.",
        trial.events, trial.ends.0
    )?;
    if !trial.reseated.is_empty() {
        let count = trial.reseated.len();
        writeln!(
            out,
            "Users who got another seat, because theirs is taken in the fork: {count}"
        )?;
    }
    if !left.is_empty() {
        writeln!(
            out,
            "Left out, because their preconditions do not hold in the fork: {}",
            left.len()
        )?;
    }
    for (position, why) in left.iter().take(SHOWN) {
        writeln!(out, "{:>9}  {why}", position.0)?;
    }
    if left.len() > SHOWN {
        writeln!(out, "           and {} more", left.len() - SHOWN)?;
    }
    for Idle { position, why } in idle {
        writeln!(out, "The edit at position {position} changes nothing: {why}.")?;
    }
    if trial.edits().is_empty() {
        writeln!(
            out,
            "No edit was given: the fork is the log up to position {}.",
            trial.ends.0
        )?;
    } else if differences.is_empty() {
        writeln!(out, "The fork and the log end in the same state.")?;
    } else {
        writeln!(out, "Differences of the fork (+) from the log (-):")?;
        fork::write_text(&mut out, &differences)?;
    }
    if let Some(name) = &arguments.to {
        writeln!(
            out,
            "It is kept as {name}: `bin/events --sandbox {name} state` looks into it, `bin/events fork drop {name}` removes it."
        )?;
    }
    out.flush()?;
    Ok(())
}
