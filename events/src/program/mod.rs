//! The program `tenfold-events`: looks at the log, checks the projections against it, makes them anew from it.
//!
//! Exit status: 0 where all is well, 1 where `verify` found differences, 2 after a mistake, which is told in one
//! sentence. Whoever stops reading the output ends the program and is told nothing.

mod arguments;
mod failure;
mod master_key;
mod memory;
mod output;
mod place;
mod progress;
mod rebuild;
mod state;
mod tail;
mod verify;

use std::process::ExitCode;

use arguments::{Arguments, Task};
use failure::Failure;
use place::Place;
use tokio::signal::unix::{SignalKind, signal};

/// Exit status of a program that a signal ended, as shells tell it: 128 and the signal's number.
const INTERRUPTED: u8 = 130;
const TERMINATED: u8 = 143;

/// Reads the arguments and does what they say.
pub fn run() -> ExitCode {
    let arguments = match arguments::read() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    // Quiet unless asked: what a person must know is printed, not traced.
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("TENFOLD_LOG"))
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => {
            let done = runtime.block_on(carry_out(arguments));
            // What still runs, such as freeing a large fold, is nobody's concern any more.
            runtime.shutdown_background();
            done
        }
        Err(error) => Err(Failure::from(error)),
    };
    match done {
        Ok(status) => status,
        Err(failure) => failure.tell(),
    }
}

async fn carry_out(arguments: Arguments) -> Result<ExitCode, Failure> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let place = Place::find(&arguments).await?;
    let done = tokio::select! {
        done = perform(&arguments, &place) => done,
        _ = interrupt.recv() => break_off(&arguments.task, &place, INTERRUPTED).await,
        _ = terminate.recv() => break_off(&arguments.task, &place, TERMINATED).await,
    };
    place.leave().await;
    done
}

/// Ends a task that a signal has come for; `status` is what tells so.
async fn break_off(task: &Task, place: &Place, status: u8) -> Result<ExitCode, Failure> {
    match task {
        // It has no end of its own: a signal is how it is meant to end.
        Task::Tail { follow: true, .. } => return Ok(ExitCode::SUCCESS),
        Task::Rebuild { .. } => rebuild::tidy(place).await,
        _ => {}
    }
    Ok(ExitCode::from(status))
}

async fn perform(arguments: &Arguments, place: &Place) -> Result<ExitCode, Failure> {
    place.database().check_schema().await?;
    let client = place.database().connect("events").await?;
    master_key::use_if_at_hand(&client, &arguments.home).await?;
    match arguments.task {
        Task::Tail { from, follow, json } => tail::run(&client, from, follow, json).await,
        Task::State { at, json } => state::run(&client, at, json).await,
        Task::Verify => verify::run(&client).await,
        Task::Rebuild { delete_keyless } => rebuild::run(place.database(), &client, delete_keyless).await,
    }
}
