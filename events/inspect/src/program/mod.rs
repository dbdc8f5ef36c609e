//! The program `tenfold-events`: looks at the log, checks the projections against it, makes them anew from it.
//!
//! Exit status: 0 where all is well, 1 where `verify` or `replay-bundle` found differences, `bisect` nothing, or an edit of a `fork`
//! came to nothing, 2 after a mistake, which is printed as one sentence. A reader that closes the output ends the program without a message.

mod arguments;
mod bisect;
mod connection;
mod count;
mod diff;
mod export;
mod failure;
mod fork;
mod history;
mod import;
mod memory;
mod output;
mod progress;
mod rebuild;
mod refused;
mod replay_bundle;
mod sandboxes;
mod selection;
mod show;
mod state;
mod story;
mod summary;
mod tail;
mod target;
mod travel;
mod verify;
mod why;

use std::process::ExitCode;

use crate::gap::beyond_the_end;
use arguments::{Arguments, Task};
use connection::Connection;
use failure::{Failure, say};
use target::Target;
use tenfold_replay::rebuild::OnDamage;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

/// Reads the arguments and does what they say.
pub fn run() -> ExitCode {
    let arguments = match arguments::read() {
        Ok(arguments) => arguments,
        Err(failure) => return failure.print(),
    };
    // Quiet unless asked: what a person must know is printed, not traced.
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(&arguments.log))
        .with_writer(writer(&arguments.task))
        .log_internal_errors(false)
        .without_time()
        .with_target(false)
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
        Err(failure) => failure.print(),
    }
}

/// On a screen that is drawn, a line from elsewhere would stand in the middle of it.
fn writer(task: &Task) -> BoxMakeWriter {
    match task {
        Task::Travel { .. } => BoxMakeWriter::new(std::io::sink),
        _ => BoxMakeWriter::new(std::io::stderr),
    }
}

async fn carry_out(arguments: Arguments) -> Result<ExitCode, Failure> {
    let signals = tenfold_cli::first_signal()?;
    if let Task::ReplayBundle(replay) = &arguments.task {
        return replay_bundle::run(replay);
    }
    let target = Target::find(&arguments.target).await?;
    let done = tokio::select! {
        done = perform(&arguments, &target) => done,
        number = signals => break_off(&arguments.task, &target, tenfold_cli::status_of_signal(number)).await,
    };
    target.leave().await;
    done
}

/// Ends a task that a signal has come for; `status` is what tells so.
async fn break_off(task: &Task, target: &Target, status: u8) -> Result<ExitCode, Failure> {
    match task {
        // It has no end of its own: a signal is how it is meant to end.
        Task::Tail(tail) if tail.follow => return Ok(ExitCode::SUCCESS),
        Task::Rebuild { .. } => rebuild::tidy(target).await,
        Task::Export(export) => export.tidy(),
        Task::Fork(fork::Fork { to: Some(name), .. })
        | Task::Import(import::Import { to: name, .. })
        | Task::Rehearse(import::Rehearse { to: name, .. }) => target.tidy_sandbox(name).await,
        _ => {}
    }
    Ok(ExitCode::from(status))
}

async fn perform(arguments: &Arguments, target: &Target) -> Result<ExitCode, Failure> {
    let (home, clock) = (arguments.target.home.as_path(), arguments.clock());
    let database = &target::opened(target.database(), &arguments.target).await?;
    let client = database.connect("read").await?;
    if arguments.task.reads_log()
        && let Some(sentence) = beyond_the_end(&client).await?
    {
        say(&sentence);
    }
    match &arguments.task {
        Task::Tail(tail) => tail::run(Connection::of(client, target, &arguments.target).await?, tail, clock).await,
        Task::Refused(refused) => refused::run(&client, refused, clock).await,
        Task::Count(counting) => count::run(&client, counting, clock).await,
        Task::Why(question) => why::run(&client, question, clock).await,
        Task::Show(show) => show::run(&client, home, show, clock).await,
        Task::Story(story) => story::run(&client, story, clock).await,
        Task::Bisect(bisect) => bisect::run(&client, bisect, clock).await,
        Task::Fork(fork) => fork::run(database, &client, home, fork, clock).await,
        Task::Export(export) => export::run(&client, export, clock).await,
        Task::Import(import) => import::import(database, import).await,
        Task::Rehearse(rehearse) => import::rehearse(database, rehearse).await,
        Task::ReplayBundle(replay) => replay_bundle::run(replay),
        Task::State(state) => state::run(&client, home, state, clock).await,
        Task::Diff { from, to, json } => diff::run(&client, home, (*from, *to), clock, *json).await,
        Task::Travel { at } => travel::run(database, home, *at, clock).await,
        Task::Verify => verify::run(&client, home).await,
        Task::Rebuild {
            delete_keyless,
            despite_damage,
        } => {
            let on_damage = if *despite_damage {
                OnDamage::GoOn
            } else {
                OnDamage::Refuse
            };
            rebuild::run(database, &client, *delete_keyless, on_damage).await
        }
    }
}
