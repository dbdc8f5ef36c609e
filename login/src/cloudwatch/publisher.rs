//! The task that publishes. Nobody waits for it, and it holds nothing that somebody else wants.

use std::time::Duration;

use chrono::Utc;
use tenfold_core::backoff::Backoff;
use tenfold_fleet::status::FleetStatus;
use tenfold_log::database::Database;
use tenfold_metrics::cloudwatch::{CloudWatchError, Exporter};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::source::{Limits, Source, SourceError, until_next};
use crate::wait_times::WaitTimes;

/// Pauses after something failed; the longest is not much longer than the pause when all is well.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(90);
/// How long one round may take: some calls, each of which has a deadline of its own.
const ROUND: Duration = Duration::from_secs(90);
/// The most different failures that are logged before all is well again.
const MOST_FAILURES: usize = 10;

/// Publishes what one login server knows.
pub struct Publisher {
    /// Where the log is.
    pub database: Database,
    /// Where it is published.
    pub exporter: Exporter,
    /// Whether this server holds the fleet: only then it publishes.
    pub status: watch::Receiver<FleetStatus>,
    /// How long logins have waited here.
    pub waits: WaitTimes,
    /// What the fleet may grow to.
    pub limits: Limits,
    /// How often.
    pub every: Duration,
}

/// Why a round ended early.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the database cannot be used: {0}")]
    Source(#[from] SourceError),
    #[error(transparent)]
    CloudWatch(#[from] CloudWatchError),
    #[error("CloudWatch or the database takes more than {} s for a few calls", ROUND.as_secs())]
    TooSlow,
}

/// What the task keeps from one round to the next.
pub(super) struct Task {
    publisher: Publisher,
    source: Source,
    /// The failures that were logged since all was well.
    failures: Vec<String>,
}

/// How the task is to end.
pub(super) struct End {
    /// No other login server goes on: what is left is to be published now.
    pub(super) is_last: bool,
}

impl Task {
    pub(super) fn new(publisher: Publisher) -> Task {
        let source = Source::new(publisher.database.clone(), publisher.limits);
        Task {
            publisher,
            source,
            failures: Vec::new(),
        }
    }

    /// Publishes until the end is asked for.
    pub(super) async fn run(mut self, mut ends: oneshot::Receiver<End>) {
        let mut backoff = Backoff::between(FIRST_PAUSE, LONGEST_PAUSE);
        let mut next = self.next();
        // It is measured while nothing can be published, too.
        let mut not_before = Instant::now();
        let end = loop {
            let is_pausing = not_before > Instant::now();
            let wake = if is_pausing { next.min(not_before) } else { next };
            tokio::select! {
                end = &mut ends => break end,
                () = sleep_until(wake) => {}
            }
            let is_due = Instant::now() >= next;
            if is_due {
                next = self.next();
            }
            match self.round(is_due, Instant::now() >= not_before).await {
                Ok(true) => {
                    self.all_is_well();
                    backoff.reset();
                }
                Ok(false) => {}
                Err(failure) => {
                    self.log(&failure.to_string());
                    not_before = Instant::now() + backoff.pause(rand::random());
                }
            }
        };
        if let Ok(End { is_last: true }) = end {
            self.finish().await;
        }
    }

    fn next(&self) -> Instant {
        let since_1970 = Duration::from_millis(u64::try_from(Utc::now().timestamp_millis()).unwrap_or(0));
        Instant::now() + until_next(since_1970, self.publisher.every)
    }

    /// Whether it published, which only who holds the fleet does.
    async fn round(&mut self, is_due: bool, may_publish: bool) -> Result<bool, Failure> {
        let done = timeout(ROUND, self.one_round(is_due, may_publish)).await;
        let done = done.unwrap_or(Err(Failure::TooSlow));
        if matches!(done, Err(Failure::Source(_) | Failure::TooSlow)) {
            self.source.disconnect();
        }
        done
    }

    async fn one_round(&mut self, is_due: bool, may_publish: bool) -> Result<bool, Failure> {
        self.hand_in_waits().await?;
        let status = *self.publisher.status.borrow();
        if !status.leads {
            self.source.rest();
            return Ok(false);
        }
        let exporter = &mut self.publisher.exporter;
        let measured = match is_due {
            true => self.source.measure(status, exporter).await,
            false => Ok(()),
        };
        if may_publish {
            exporter.put().await?;
        }
        measured?;
        Ok(may_publish)
    }

    /// Publishes how things are at the end. Nothing is tried twice here.
    async fn finish(&mut self) {
        if let Err(failure) = self.last_round().await {
            tracing::info!(
                "the last metrics are not published ({failure}): the next login server publishes the totals"
            );
        }
    }

    async fn last_round(&mut self) -> Result<(), Failure> {
        self.hand_in_waits().await?;
        let status = *self.publisher.status.borrow();
        self.source.measure(status, &mut self.publisher.exporter).await?;
        Ok(self.publisher.exporter.put().await?)
    }

    /// Every login server measures, one publishes: the database is between them.
    async fn hand_in_waits(&mut self) -> Result<(), Failure> {
        let (waits, left_out) = self.publisher.waits.take();
        if left_out > 0 {
            tracing::warn!(
                logins = left_out,
                "metrics of waits for a seat are left out: they could not be written to the database"
            );
        }
        if waits.is_empty() {
            return Ok(());
        }
        let added = self.source.hand_in(&waits).await;
        if added.is_err() {
            self.publisher.waits.put_back(waits);
        }
        Ok(added?)
    }

    /// Logs a failure, if that was not done yet.
    fn log(&mut self, sentence: &str) {
        if self.failures.len() < MOST_FAILURES && !self.failures.iter().any(|logged| logged == sentence) {
            tracing::warn!("metrics are not published now, and kept for later: {sentence}");
            self.failures.push(sentence.to_owned());
        } else {
            tracing::debug!("metrics still are not published: {sentence}");
        }
    }

    fn all_is_well(&mut self) {
        if !self.failures.is_empty() {
            tracing::info!("metrics are published again");
        }
        self.failures.clear();
    }
}
