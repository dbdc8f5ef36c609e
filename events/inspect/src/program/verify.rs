//! `verify`.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use tenfold_core::ids::Position;
use tenfold_log::database::Client;

use super::failure::Failure;
use super::output::output;
use super::progress::{folding, watch};
use tenfold_log::span::high_water_mark;
use tenfold_replay::fold::Counter;
use tenfold_replay::verify::verify;

/// Exit status where the projections are not what the log says.
const DIFFERENT: u8 = 1;

fn line(events: u64, until: Position, elapsed: Duration) -> String {
    if events as i64 >= until.0 {
        return format!("comparing the rows of {events} events");
    }
    folding(events, until, elapsed)
}

pub(super) async fn run(client: &Client) -> Result<ExitCode, Failure> {
    let counter = Counter::default();
    let until = high_water_mark(client).await?;
    let verdict = tokio::select! {
        verdict = verify(client, &counter) => verdict?,
        never = watch(|elapsed| line(counter.events(), until, elapsed)) => match never {},
    };
    let mut out = output();
    writeln!(out, "position     {}", verdict.position)?;
    writeln!(out, "events       {}", verdict.events)?;
    writeln!(out, "log          sha256 {}", verdict.log)?;
    writeln!(out, "projections  sha256 {}", verdict.live)?;
    if verdict.differences.is_empty() {
        writeln!(out, "The projections are what the log says.")?;
    } else {
        let count = verdict.differences.count();
        let noun = if count == 1 { "difference" } else { "differences" };
        writeln!(
            out,
            "{count} {noun}; `bin/events rebuild` makes the projections anew from the log:"
        )?;
        for sentence in verdict.differences.sentences() {
            writeln!(out, "  {}", tenfold_core::escape::escaped(sentence))?;
        }
    }
    out.flush()?;
    Ok(ExitCode::from(if verdict.differences.is_empty() {
        0
    } else {
        DIFFERENT
    }))
}
