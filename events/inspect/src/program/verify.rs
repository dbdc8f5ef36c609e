//! `verify`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tenfold_core::ids::Position;
use tenfold_log::database::Client;

use super::failure::{Failure, say};
use super::output::output;
use super::progress::{folding, watch};
use tenfold_log::integrity::{Finding, Witness};
use tenfold_log::operational::setting;
use tenfold_log::span::high_water_mark;
use tenfold_replay::fold::Counter;
use tenfold_replay::verify::{Verdict, verify};

/// How many findings are shown.
const SHOWN: usize = 50;
/// Exit status where the log is not whole, or the projections are not what it says.
const DIFFERENT: u8 = 1;

fn line(events: u64, until: Position, elapsed: Duration) -> String {
    if events as i64 >= until.0 {
        return format!("comparing the rows of {events} events");
    }
    folding(events, until, elapsed)
}

/// What a login server with that home has signed and this log does not know of. One that cannot be read says nothing.
async fn contradiction(client: &Client, home: &Path) -> Result<Option<Finding>, Failure> {
    let file = Witness::file(client, home).await?;
    let Ok(line) = std::fs::read_to_string(&file) else {
        return Ok(None);
    };
    if setting::get(client, setting::SANDBOX).await?.is_some() {
        return Ok(None);
    }
    match line.parse::<Witness>() {
        Ok(witness) => Ok(witness.contradicts(client).await?),
        Err(error) => {
            say(&format!("{}: {error}", file.display()));
            Ok(None)
        }
    }
}

pub(super) async fn run(client: &Client, home: &Path) -> Result<ExitCode, Failure> {
    let counter = Counter::default();
    let until = high_water_mark(client).await?;
    let mut verdict = tokio::select! {
        verdict = verify(client, &counter) => verdict?,
        never = watch(|elapsed| line(counter.events(), until, elapsed)) => match never {},
    };
    verdict
        .findings
        .extend(contradiction(client, home).await?.as_ref().map(Finding::to_string));
    let mut out = output();
    writeln!(out, "position     {}", verdict.position)?;
    writeln!(out, "events       {}", verdict.events)?;
    writeln!(out, "log          sha256 {}", verdict.log)?;
    writeln!(out, "projections  sha256 {}", verdict.live)?;
    if !verdict.findings.is_empty() {
        write_findings(&mut out, &verdict)?;
    } else if verdict.differences.is_empty() {
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
    let is_well = verdict.findings.is_empty() && verdict.differences.is_empty();
    Ok(ExitCode::from(if is_well { 0 } else { DIFFERENT }))
}

/// A log that is not whole makes projections of which nobody knows what they should be, so nothing is to be made anew from it.
fn write_findings(out: &mut impl Write, verdict: &Verdict) -> std::io::Result<()> {
    let count = verdict.findings.len();
    let noun = if count == 1 { "finding" } else { "findings" };
    writeln!(
        out,
        "The log itself is not whole, {count} {noun}: restore the database from a backup, and make nothing anew from this log."
    )?;
    for sentence in verdict.findings.iter().take(SHOWN) {
        writeln!(out, "  {}", tenfold_core::escape::escaped(sentence))?;
    }
    if count > SHOWN {
        writeln!(out, "  and {} more", count - SHOWN)?;
    }
    match verdict.differences.count() {
        0 => writeln!(out, "The projections are what this log says."),
        count => {
            writeln!(
                out,
                "Besides, the projections are not what this log says, in {count} places:"
            )?;
            let sentences = verdict.differences.sentences();
            sentences
                .iter()
                .try_for_each(|sentence| writeln!(out, "  {}", tenfold_core::escape::escaped(sentence)))
        }
    }
}
