//! `bisect`: the first event after which a condition holds, or breaks.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tenfold_log::database::Client;

use super::failure::{Failure, not_compared, say};
use super::output::{StatusLine, output};
use crate::bisect::{Answer, Question, Turn, bisect};
use crate::clock::Clock;
use crate::condition::{self, Atom, Condition};
use crate::event_kinds::sentence;
use crate::moment_argument::{MomentArgument, moment};
use crate::names::Names;
use crate::past;
use crate::raw_event::in_json;
use crate::reader;
use tenfold_core::escape::{escaped, escaped_json};
use tenfold_log::sealing::{self, LockedError};
use tenfold_log::span::Span;
use tenfold_replay::fold::Counter;

const REFRESH: Duration = Duration::from_millis(200);
/// Exit status where the condition never turns in the range.
const NOT_FOUND: u8 = 1;
/// How many broken rules are shown.
const FAULTS: usize = 10;

/// The arguments of `bisect`.
#[derive(Debug, Args)]
pub(super) struct Bisect {
    /// Find the event after which this holds, and did not before. Conditions: invariant, seats-over-limit, exists(a),
    /// online(a), friends(a,b), invited(a,b), member(a,group), sees(a,POSITION) and sees(a,"part of the text"), joined by
    /// and, or, not and parentheses.
    #[arg(long, value_name = "CONDITION", required_unless_present = "breaks")]
    holds: Option<String>,
    /// Find the event after which this does not hold any more.
    #[arg(long, value_name = "CONDITION", conflicts_with = "holds")]
    breaks: Option<String>,
    /// The last such event and not the first.
    #[arg(long)]
    last: bool,
    /// Look from this position or time on.
    #[arg(long, value_name = "P|TIME", value_parser = moment, allow_hyphen_values = true)]
    from: Option<MomentArgument>,
    /// Look up to this position or time.
    #[arg(long, value_name = "P|TIME", value_parser = moment, allow_hyphen_values = true)]
    to: Option<MomentArgument>,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(client: &Client, arguments: &Bisect, clock: Clock) -> Result<ExitCode, Failure> {
    let text = arguments.holds.as_ref().or(arguments.breaks.as_ref());
    let condition = condition::parse(text.map_or("", String::as_str))?;
    let question = Question {
        condition: condition.clone(),
        to_hold: arguments.holds.is_some(),
        last: arguments.last,
    };
    let span = past::span(client, arguments.from, arguments.to, clock).await?;
    let speaks_of_people = condition.atoms().iter().any(|atom| !atom.people().is_empty());
    if sealing::is_locked(client).await? {
        if speaks_of_people {
            return Err(LockedError.into());
        }
        if condition.atoms().contains(&&Atom::Invariant) {
            say(&not_compared("whether two accounts have one name"));
        }
    }
    let counter = Counter::default();
    let answer = tokio::select! {
        answer = bisect(client, span, question, &counter) => answer?,
        () = watch(&counter) => unreachable!("watching has no end of its own"),
    };
    let mut out = output();
    match &answer.turn {
        Some(turn) => write_turn(&mut out, client, &condition, turn, arguments, clock).await?,
        None if arguments.json => writeln!(out, "{}", json!({"position": null}))?,
        None => write_no_turn(&mut out, &condition, &answer, span, arguments.holds.is_some())?,
    }
    out.flush()?;
    Ok(ExitCode::from(if answer.turn.is_some() { 0 } else { NOT_FOUND }))
}

async fn write_turn(
    out: &mut impl Write,
    client: &Client,
    condition: &Condition,
    turn: &Turn,
    arguments: &Bisect,
    clock: Clock,
) -> Result<(), Failure> {
    let events = reader::read_at(client, &[turn.position]).await?;
    let mut names = Names::default();
    names.learn(client, &events).await?;
    let sentence = sentence(&turn.event, &names);
    let at = events.first().map(|event| event.at);
    if arguments.json {
        let line = json!({
            "position": turn.position, "at": at.map(in_json), "kind": turn.event.kind(), "sentence": sentence, "broken": turn.faults,
        });
        writeln!(out, "{}", escaped_json(&line.to_string()))?;
        return Ok(());
    }
    let condition = condition.to_string();
    let condition = escaped(&condition);
    let verb = if arguments.holds.is_some() {
        "came to hold"
    } else {
        "broke"
    };
    let which = if arguments.last { "last" } else { "first" };
    writeln!(out, "{condition} {which} {verb} with this event:")?;
    let at = at.map(|at| clock.shown(at)).unwrap_or_default();
    writeln!(out, "{:>9}  {at}  {sentence}", turn.position.0)?;
    for fault in turn.faults.iter().take(FAULTS) {
        writeln!(out, "           {}", escaped(fault))?;
    }
    writeln!(
        out,
        "`bin/events show {}` shows what it changed, and why it happened.",
        turn.position
    )?;
    Ok(())
}

fn write_no_turn(
    out: &mut impl Write,
    condition: &Condition,
    answer: &Answer,
    span: Span,
    to_hold: bool,
) -> Result<(), io::Error> {
    let condition = condition.to_string();
    let (condition, verb) = (escaped(&condition), if to_hold { "comes to hold" } else { "breaks" });
    let is = |holds: bool| if holds { "holds" } else { "does not hold" };
    writeln!(
        out,
        "{condition} never {verb} from position {} to {}: it {} before the first event and {} after the last.",
        span.after.0 + 1,
        span.until,
        is(answer.held_before),
        is(answer.holds_after)
    )?;
    for name in &answer.nobody {
        writeln!(out, "Nobody was called {} in that part of the log.", escaped(name))?;
    }
    Ok(())
}

async fn watch(counter: &Counter) {
    let status = StatusLine::new();
    loop {
        tokio::time::sleep(REFRESH).await;
        status.show(&format!("{} events looked at", counter.events()));
    }
}
