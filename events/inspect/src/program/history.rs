//! Looking at the history from the command line: which position is meant, how far the making of the index has come, and
//! another try where the index turns out to be damaged.

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tenfold_core::ids::Position;
use tenfold_log::database::Client;

use super::failure::{Failure, say};
use super::output::StatusLine;
use crate::clock::Clock;
use crate::moment_argument::{self, MomentArgument};
use tenfold_log::database::DatabaseError;
use tenfold_replay::history::{History, HistoryError, Progress};
use tenfold_replay::state::MomentError;

const REFRESH: Duration = Duration::from_millis(200);

/// The position that is meant: of a time, that of the last event before the first one recorded later.
pub(super) async fn position(client: &Client, moment: MomentArgument, clock: Clock) -> Result<Position, Failure> {
    if let MomentArgument::Time(time) = moment {
        let time = time.by(clock, Utc::now())?;
        let now: DateTime<Utc> = client
            .query_one("select clock_timestamp()", &[])
            .await
            .map_err(DatabaseError::from)?
            .get(0);
        if time > now {
            return Err(Failure::Sentence(format!(
                "{} has not come yet: the database's clock says {}; give an earlier time",
                clock.shown(time),
                clock.shown(now)
            )));
        }
    }
    moment_argument::up_to(client, moment, clock)
        .await
        .map_err(Failure::from)
}

/// What `work` comes to, while a line on the terminal tells how far the index has come.
pub(super) async fn watched<T>(progress: &Progress, work: impl Future<Output = T>) -> T {
    tokio::select! {
        done = work => done,
        () = watch(progress) => unreachable!("watching has no end of its own"),
    }
}

/// Tries once more where the index is damaged, after it has been thrown away.
pub(super) async fn mended<T>(
    client: &Client,
    home: &Path,
    work: impl AsyncFn(&Progress) -> Result<T, MomentError>,
) -> Result<T, Failure> {
    let progress = Progress::default();
    let once = async || match work(&progress).await {
        Err(MomentError::History(HistoryError::Damaged { .. })) => {
            History::discard(client, home).await?;
            work(&progress).await
        }
        done => done,
    };
    let done = watched(&progress, once()).await.map_err(Failure::from);
    tell_of_changes(&progress);
    done
}

/// Says that what was known of the log was no longer so.
pub(super) fn tell_of_changes(progress: &Progress) {
    if progress.was_changed() {
        say(
            "events of the log were changed or deleted by hand, so the history index was made anew: `bin/events verify` looks what is \
             wrong with the log",
        );
    }
}

async fn watch(progress: &Progress) {
    let status = StatusLine::new();
    let begun = Instant::now();
    loop {
        tokio::time::sleep(REFRESH).await;
        if let Some(line) = line(progress, begun.elapsed()) {
            status.show(&line);
        }
    }
}

fn line(progress: &Progress, elapsed: Duration) -> Option<String> {
    let span = progress.span()?;
    let events = progress.events();
    let rate = events as f64 / elapsed.as_secs_f64();
    let left = ((span.until.0 - span.after.0) as f64 - events as f64).max(0.0) / rate.max(1.0);
    Some(format!(
        "making the history index: event {events} of about {}, {rate:.0}/s, {left:.0} s left",
        span.until.0 - span.after.0
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_while_no_index_is_made() {
        assert_eq!(line(&Progress::default(), Duration::from_secs(1)), None);
    }
}
