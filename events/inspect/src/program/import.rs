//! `import` and `rehearse`: a sandbox filled from a bundle, or from a script of what people type.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use tenfold_core::event::Recorded;

use super::failure::Failure;
use super::output::output;
use crate::bundle::{self, BundleError};
use crate::fork::sandbox::Sandbox;
use tenfold_log::database::Database;
use tenfold_replay::rebuild::{self, Progress};

/// The arguments of `import`.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// A bundle that `export` wrote.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The database to make of it, on the same server; it must not exist.
    #[arg(long, value_name = "SANDBOX")]
    pub(super) to: String,
}

/// The arguments of `rehearse`.
#[derive(Debug, Args)]
pub(super) struct Rehearse {
    /// A script: lines such as `18:30:00 post alice hello`, below a line `day 2026-11-24`; its times are UTC.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The database to make of it, on the same server; it must not exist.
    #[arg(long, value_name = "SANDBOX")]
    pub(super) to: String,
}

pub(super) async fn import(database: &Database, import: &Import) -> Result<ExitCode, Failure> {
    // All of it is read and checked before anything is made.
    let read = bundle::read(&read(&import.file)?).map_err(|error| in_file(&import.file, &error))?;
    fill(
        database,
        &import.to,
        read.events,
        &format!("the bundle of {}", read.header.question),
    )
    .await
}

pub(super) async fn rehearse(database: &Database, rehearse: &Rehearse) -> Result<ExitCode, Failure> {
    let script = String::from_utf8(read(&rehearse.file)?);
    let script = script.map_err(|_| Failure::Sentence(format!("{} is no text", rehearse.file.display())))?;
    let mut log = tenfold_synthetic::rehearse(&script)?;
    tenfold_synthetic::erase_deleted(&mut log);
    fill(database, &rehearse.to, log, "a script").await
}

async fn fill(database: &Database, name: &str, events: Vec<Recorded>, from: &str) -> Result<ExitCode, Failure> {
    let sandbox = Sandbox::create(database, name).await?;
    let count = events.len();
    if let Err(failure) = store(&sandbox, events).await {
        sandbox.discard().await?;
        return Err(failure);
    }
    sandbox.finish(from).await?;
    let mut out = output();
    writeln!(
        out,
        "The sandbox {name} holds {count} events: `bin/events --sandbox {name} tail` shows them, `bin/events fork drop \
         {name}` removes it."
    )?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

async fn store(sandbox: &Sandbox, events: Vec<Recorded>) -> Result<(), Failure> {
    let client = sandbox.database().connect("import").await?;
    tenfold_synthetic::store(&client, events).await?;
    rebuild::rebuild(sandbox.database(), &Progress::default()).await?;
    Ok(())
}

/// What is in the file.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| {
        let error = tenfold_core::words::without_code(&error.to_string());
        Failure::Sentence(format!("{} cannot be read ({error})", file.display()))
    })
}

/// An error with the file it is in.
pub(super) fn in_file(file: &Path, error: &BundleError) -> Failure {
    Failure::Sentence(format!("{}: {error}", file.display()))
}
