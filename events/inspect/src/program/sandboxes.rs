//! `fork list` and `fork drop`: what there is of sandboxes, and away with one.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use tenfold_log::database::Database;

use super::failure::Failure;
use super::output::{output, print_json};
use crate::clock::Clock;
use crate::fork::sandbox;
use crate::fork::{Listed, list};
use tenfold_core::escape::escaped;

/// What else can be done with forks.
#[derive(Debug, Subcommand)]
pub(super) enum ForkTask {
    /// Print the sandboxes on the server: made by fork, import or rehearse.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Remove a sandbox.
    Drop {
        /// Its name.
        #[arg(value_name = "SANDBOX")]
        name: String,
    },
}

const MEGABYTE: i64 = 1_000_000;

pub(super) async fn run(database: &Database, home: &Path, task: &ForkTask, clock: Clock) -> Result<ExitCode, Failure> {
    let mut out = output();
    match task {
        ForkTask::Drop { name } => {
            sandbox::drop(database, name, home).await?;
            writeln!(out, "The sandbox {name} is gone.")?;
        }
        ForkTask::List { json } => {
            let all = list(database).await?;
            for one in &all {
                if *json {
                    print_json(&mut out, one)?;
                } else {
                    writeln!(out, "{}", line(one, clock))?;
                }
            }
            if all.is_empty() && !json {
                writeln!(out, "There is no sandbox on {}.", database.endpoint())?;
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn line(one: &Listed, clock: Clock) -> String {
    let until = one.at.map(|at| format!(" ({})", clock.shown(at))).unwrap_or_default();
    format!(
        "{:<20}  {:>6} MB  {}, up to position {}{until}",
        one.sandbox,
        (one.bytes + MEGABYTE - 1) / MEGABYTE,
        escaped(&one.made_of),
        one.position
    )
}
