//! `rebuild`.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use tenfold_log::database::Client;

use super::failure::{Failure, say};
use super::memory;
use super::output::output;
use super::progress::{folding, watch};
use super::target::Target;
use tenfold_log::database::Database;
use tenfold_replay::keyless;
use tenfold_replay::rebuild::{self, OnDamage, Phase, Progress};

pub(super) async fn run(
    database: &Database,
    client: &Client,
    delete_keyless: bool,
    on_damage: OnDamage,
) -> Result<ExitCode, Failure> {
    if delete_keyless {
        let deleted = keyless::delete_all(client).await?;
        say(&format!(
            "recorded the deletion of {deleted} accounts whose keys are missing"
        ));
    }
    let progress = Progress::default();
    let report = tokio::select! {
        report = rebuild::rebuild_with(database, &progress, on_damage) => report?,
        never = watch(|elapsed| line(&progress, elapsed)) => match never {},
    };
    let mut out = output();
    let (events, seconds) = (report.events, report.elapsed.as_secs_f64());
    writeln!(
        out,
        "rebuilt from {events} events in {seconds:.2} s, {:.0} events/s",
        report.rate()
    )?;
    if report.tries > 1 {
        writeln!(
            out,
            "the swap took {} tries, because other transactions held its tables",
            report.tries
        )?;
    }
    if let Some(most) = memory::peak() {
        writeln!(out, "with at most {most} MiB of memory")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// After a rebuild that was interrupted: nothing of it stays.
pub(super) async fn tidy(target: &Target) {
    if let Err(error) = rebuild::tidy(target.database()).await {
        say(&format!(
            "the tables of the unfinished rebuild could not be removed ({error}): the next rebuild removes them"
        ));
    }
}

fn line(progress: &Progress, elapsed: Duration) -> String {
    let events = progress.events();
    match progress.phase() {
        Phase::Preparing => "preparing".into(),
        Phase::Folding { until } => folding(events, until, elapsed),
        Phase::Writing => format!("writing the projections of {events} events"),
        Phase::CatchingUp => format!("catching up, {events} events"),
        Phase::Swapping => format!("swapping in the new projections, {events} events"),
    }
}
