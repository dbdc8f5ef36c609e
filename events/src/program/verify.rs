//! `verify`.

use std::io::Write;
use std::process::ExitCode;

use tokio_postgres::Client;

use super::failure::Failure;
use super::output::output;
use crate::replay::Counter;
use crate::verify::verify;

/// Exit status where the projections are not what the log says.
const DIFFERENT: u8 = 1;

pub(super) async fn run(client: &Client) -> Result<ExitCode, Failure> {
    let verdict = verify(client, &Counter::default()).await.map_err(Failure::of)?;
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
            writeln!(out, "  {}", crate::escape::escaped(sentence))?;
        }
    }
    out.flush()?;
    Ok(ExitCode::from(if verdict.differences.is_empty() {
        0
    } else {
        DIFFERENT
    }))
}
