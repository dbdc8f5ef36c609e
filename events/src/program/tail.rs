//! `tail [--from P] [--follow] [--json]`.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use tenfold_core::ids::Position;
use tokio_postgres::Client;

use super::failure::Failure;
use super::output::{is_closed, output};
use crate::replay::{bound, head};
use crate::tail::{PrintError, Printer, read};

/// How often new events are looked for.
const POLL: Duration = Duration::from_millis(100);

pub(super) async fn run(
    client: &Client,
    from: Option<Position>,
    follow: bool,
    json: bool,
) -> Result<ExitCode, Failure> {
    let mut printer = if json { Printer::Json } else { Printer::for_people() };
    let mut out = output();
    let mut after = begin(client, from).await?;
    loop {
        // Never beyond what is complete, or an event that becomes visible late would be skipped.
        let complete = bound(client).await?;
        loop {
            let events = read(client, after, complete).await?;
            let Some(last) = events.last() else { break };
            after = last.position;
            printer.print(&mut out, client, &events).await.map_err(failure)?;
        }
        out.flush()?;
        if !follow {
            return Ok(ExitCode::SUCCESS);
        }
        if is_closed() {
            return Err(Failure::OutputClosed);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// The position behind which to begin. One place behind the end is where the next event will be; what is further
/// is a mistake.
async fn begin(client: &Client, from: Option<Position>) -> Result<Position, Failure> {
    let Some(from) = from else {
        return Ok(Position::START);
    };
    let end = head(client).await?;
    if from.0 > end.0 + 1 {
        return Err(Failure::Sentence(format!(
            "position {from} is beyond the end of the log, which is {end}; give one that is not above {}",
            end.0 + 1
        )));
    }
    Ok(Position(from.0 - 1))
}

fn failure(error: PrintError) -> Failure {
    match error {
        PrintError::Database(error) => error.into(),
        PrintError::Output(error) => error.into(),
    }
}
