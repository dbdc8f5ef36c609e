//! `why USER P`: why somebody is shown a post or a message, or is not.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use tenfold_core::ids::Position;
use tenfold_log::database::Client;

use super::failure::{Failure, say};
use super::history;
use super::output::{output, print_json};
use crate::clock::Clock;
use crate::explain::EventLine;
use crate::moment_argument::{MomentArgument, moment, position};
use crate::paint::Paint;
use crate::past;
use crate::why::{Answer, Condition, Question, why};

/// The arguments of `why`.
#[derive(Debug, Args)]
pub(super) struct Why {
    /// Who sees it, or does not: a name or an id.
    #[arg(value_name = "USER")]
    user: String,
    /// The position of the post or message; `tail --text WORDS` finds it.
    #[arg(value_name = "P", value_parser = position, allow_hyphen_values = true)]
    position: Position,
    /// Whether they saw the post at this position or time, instead of now.
    #[arg(long, value_name = "P|TIME", value_parser = moment, allow_hyphen_values = true)]
    at: Option<MomentArgument>,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(client: &Client, arguments: &Why, clock: Clock) -> Result<ExitCode, Failure> {
    past::within(client, arguments.position).await?;
    let at = match arguments.at {
        Some(moment) => Some(past::within(client, history::position(client, moment, clock).await?).await?),
        None => None,
    };
    let question = Question {
        user: &arguments.user,
        position: arguments.position,
        at,
        clock,
    };
    let (answer, several) = why(client, &question).await?;
    if let Some(several) = several {
        say(&several);
    }
    let mut out = output();
    if arguments.json {
        print_json(&mut out, &answer)?;
    } else {
        write_text(&mut out, &answer, Paint::for_stdout())?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn write_text(out: &mut impl Write, answer: &Answer, paint: Paint) -> io::Result<()> {
    let verb = match (answer.sees, answer.message) {
        (true, false) => "sees this",
        (true, true) => "is to be shown this",
        (false, _) => "does not see this",
    };
    let heading = format!("As of position {}, {} {verb}:", answer.at, answer.user);
    writeln!(out, "{}", paint.bold(&heading))?;
    writeln!(out, "  {}", line(&answer.event))?;
    writeln!(out, "\n{}", paint.bold("What it takes"))?;
    for condition in &answer.conditions {
        let mark = if condition.held { "yes" } else { "NO " };
        writeln!(out, "  {mark}  {}{}", condition.requirement, reason(condition))?;
    }
    for also in &answer.also {
        writeln!(out, "  {also}")?;
    }
    Ok(())
}

/// By what it is so, or not.
fn reason(condition: &Condition) -> String {
    let told = [
        ("by", &condition.since),
        ("ended by", &condition.ended),
        ("never was so; nearest came", &condition.nearest),
        ("only later, by", &condition.later),
    ];
    let told: Vec<String> = told
        .iter()
        .filter_map(|(how, event)| Some(format!("{how} {}", line(event.as_ref()?))))
        .collect();
    match told.as_slice() {
        [] if condition.held => String::new(),
        [] => ": never was so".into(),
        told => format!(": {}", told.join("; ")),
    }
}

fn line(event: &EventLine) -> String {
    format!("{}: {}", event.position, event.sentence)
}
