//! `replay-bundle`: whether this build makes of a bundle's events what it should. Needs no database.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::failure::Failure;
use super::import::{in_file, read};
use super::output::output;
use crate::bundle;
use crate::fork;

/// Exit status where the events make something else.
const DIFFERENT: u8 = 1;

/// The arguments of `replay-bundle`.
#[derive(Debug, Args)]
pub(super) struct ReplayBundle {
    /// Bundles that `export` wrote.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The state they should make, as `state --json` prints it, instead of the one in the bundle.
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
}

pub(super) fn run(arguments: &ReplayBundle) -> Result<ExitCode, Failure> {
    let expect = match &arguments.expect {
        Some(file) => {
            let state = serde_json::from_slice(&read(file)?);
            let wrong = |_| {
                Failure::Sentence(format!(
                    "{} is no state: write it with `bin/events state --json`",
                    file.display()
                ))
            };
            Some(state.map_err(wrong)?)
        }
        None => None,
    };
    let mut out = output();
    let mut status = 0;
    for file in &arguments.files {
        let bundle = bundle::read(&read(file)?).map_err(|error| in_file(file, &error))?;
        let (name, count) = (file.display(), bundle.events.len());
        let folded = match bundle::fold(&bundle.events) {
            Ok(folded) => folded,
            Err((position, cause)) => {
                writeln!(out, "{name}: the event at position {position} is impossible: {cause}")?;
                status = DIFFERENT;
                continue;
            }
        };
        let expected = expect.as_ref().unwrap_or(&bundle.expected);
        let differences = fork::differences(expected, &bundle::expected(&folded));
        if differences.is_empty() {
            writeln!(out, "{name}: {count} events make the expected state")?;
        } else {
            writeln!(
                out,
                "{name}: {count} events make another state (+) than the expected one (-):"
            )?;
            fork::write_text(&mut out, &differences)?;
            status = DIFFERENT;
        }
    }
    out.flush()?;
    Ok(ExitCode::from(status))
}
