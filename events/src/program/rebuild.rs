//! `rebuild`.

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::failure::{Failure, say};
use super::output::{StatusLine, output};
use super::place::Place;
use crate::database::Database;
use crate::rebuild::{self, Phase, Progress};

const REFRESH: Duration = Duration::from_millis(200);

pub(super) async fn run(database: &Database) -> Result<ExitCode, Failure> {
    let progress = Progress::default();
    let report = tokio::select! {
        report = rebuild::rebuild(database, &progress) => report.map_err(Failure::of)?,
        () = watch(&progress) => unreachable!("watching has no end of its own"),
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
            "the swap was tried {} times until nobody was in its way",
            report.tries
        )?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// After a rebuild that was broken off: nothing of it stays.
pub(super) async fn tidy(place: &Place) {
    if let Err(error) = rebuild::tidy(place.database()).await {
        say(&format!(
            "what the rebuild left behind could not be removed ({error}); the next one does it"
        ));
    }
}

async fn watch(progress: &Progress) {
    let status = StatusLine::new();
    let begun = Instant::now();
    loop {
        tokio::time::sleep(REFRESH).await;
        status.show(&line(progress, begun.elapsed()));
    }
}

fn line(progress: &Progress, elapsed: Duration) -> String {
    let events = progress.events();
    match progress.phase() {
        Phase::Preparing => "preparing".into(),
        Phase::Folding { until } => {
            let rate = events as f64 / elapsed.as_secs_f64();
            let left = (until.0 as f64 - events as f64).max(0.0) / rate.max(1.0);
            format!("folding event {events} of about {until}, {rate:.0}/s, {left:.0} s left")
        }
        Phase::Writing => format!("writing the projections of {events} events"),
        Phase::CatchingUp => format!("catching up, {events} events"),
        Phase::Swapping => format!("putting the new projections in place, {events} events"),
    }
}
