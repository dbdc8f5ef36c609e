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
use crate::explain::explain;
use crate::explain_text::write_text;
use crate::moment_argument::position;
use crate::paint::Paint;
use tenfold_core::escape::escaped_json;

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
