//! `show P`: one event, what it changed, its preconditions and what it caused.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use tenfold_core::ids::Position;
use tenfold_log::database::Client;

use super::failure::Failure;
use super::output::output;
use crate::clock::Clock;
use crate::explain::{EventLine, Explanation, explain};
use crate::moment_argument::position;
use crate::names::short;
use crate::paint::Paint;
use tenfold_core::escape::{escaped, escaped_json};

/// The arguments of `show`.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The event's position.
    #[arg(value_name = "P", value_parser = position, allow_hyphen_values = true)]
    position: Position,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(client: &Client, home: &Path, show: &Show, clock: Clock) -> Result<ExitCode, Failure> {
    let explanation = explain(client, home, show.position).await?;
    let mut out = output();
    if show.json {
        let line = serde_json::to_string(&explanation).map_err(io::Error::from)?;
        writeln!(out, "{}", escaped_json(&line))?;
    } else {
        write_text(&mut out, &explanation, clock, Paint::for_stdout())?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn write_text(out: &mut impl Write, explanation: &Explanation, clock: Clock, paint: Paint) -> io::Result<()> {
    let event = &explanation.event;
    writeln!(out, "{}", paint.bold(&explanation.sentence))?;
    writeln!(
        out,
        "  {} at position {}, {}, version {} of stream {}",
        escaped(&event.kind),
        event.position,
        clock.shown(event.at),
        event.version,
        short(event.stream)
    )?;
    writeln!(out, "  data {}", escaped_json(event.data.get()))?;
    if let Some(personal) = &event.personal {
        writeln!(out, "  personal {}", escaped_json(personal.get()))?;
    }
    section(
        out,
        paint,
        "What it changed",
        &explanation.changes,
        "nothing in any projection",
    )?;
    let command: Vec<String> = explanation.command.iter().map(line).collect();
    let title = format!("The other events of the same command ({})", short(event.command));
    section(out, paint, &title, &command, "none")?;
    let preconditions: Vec<String> = explanation
        .preconditions
        .iter()
        .map(|one| match (&one.event, one.held) {
            (Some(event), _) => format!("{}, by {}", one.requirement, line(event)),
            (None, true) => one.requirement.clone(),
            (None, false) => format!("{}: WHICH WAS NOT SO", one.requirement),
        })
        .collect();
    section(out, paint, "Preconditions", &preconditions, "none")?;
    let mut caused: Vec<String> = explanation.caused.iter().map(line).collect();
    if explanation.caused_more {
        caused.push("and perhaps more".into());
    }
    section(out, paint, "Events that required it", &caused, "none yet")?;
    if !explanation.delivered.is_empty() {
        section(out, paint, "Whom it was for", &explanation.delivered, "")?;
    }
    Ok(())
}

fn line(event: &EventLine) -> String {
    format!("{}: {}", event.position, event.sentence)
}

fn section(out: &mut impl Write, paint: Paint, title: &str, lines: &[String], nothing: &str) -> io::Result<()> {
    writeln!(out, "\n{}", paint.bold(title))?;
    if lines.is_empty() {
        return writeln!(out, "  {nothing}");
    }
    lines.iter().try_for_each(|line| writeln!(out, "  {line}"))
}
