//! What is published, out of the database: totals of the log, gauges of the fleet, waits of logins. On a connection of its own.

use std::num::NonZeroU16;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tenfold_core::ids::Position;
use tenfold_fleet::status::FleetStatus;
use tenfold_log::database::{Client, Database, DatabaseError};
use tenfold_log::lifecycle;
use tenfold_log::operational::fleet::{self, ObservedInstance};
use tenfold_log::operational::login_wait::{self, Wait};
use tenfold_metrics::catalogue::Metric;
use tenfold_metrics::cloudwatch::Exporter;
use tenfold_metrics::gauges::{Server, Snapshot};
use tenfold_metrics::sample::Sample;
use tenfold_metrics::totals::Totals;

/// How many events are read at once.
const PAGE: i64 = 2000;
/// A server that begins to publish counts the whole log, and publishes how long things took if they were over so short a time ago: the
/// server before it may not have come to that.
const FRESH: TimeDelta = TimeDelta::minutes(2);
/// A statement that takes longer is given up, and the connection with it.
const SETTINGS: &str = "set statement_timeout = '10s'; set lock_timeout = '5s';
    set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3";

/// Why the database gave nothing.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // each is another module's sentence
pub enum SourceError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<tokio_postgres::Error> for SourceError {
    fn from(error: tokio_postgres::Error) -> Self {
        SourceError::Database(error.into())
    }
}

/// What the operator allows.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// `--seats`.
    pub seats: NonZeroU16,
    /// `--max-instances`.
    pub most_servers: NonZeroU16,
}

/// Where samples come from.
pub(super) struct Source {
    database: Database,
    limits: Limits,
    connection: Option<Client>,
    /// What happened up to `position`. It is a function of the log, and so outlives connections and even the holding of the fleet.
    totals: Totals,
    position: Position,
    is_caught_up: bool,
}

impl Source {
    pub(super) fn new(database: Database, limits: Limits) -> Source {
        Source {
            database,
            limits,
            connection: None,
            totals: Totals::default(),
            position: Position::START,
            is_caught_up: false,
        }
    }

    /// Gives up the connection, on which something may be under way.
    pub(super) fn disconnect(&mut self) {
        self.connection = None;
    }

    /// Another login server publishes now.
    pub(super) fn rest(&mut self) {
        self.is_caught_up = false;
    }

    /// Hands waits to the login server that publishes.
    pub(super) async fn hand_in(&mut self, waits: &[Wait]) -> Result<(), SourceError> {
        Ok(login_wait::add(self.connection().await?, waits).await?)
    }

    /// Gives the exporter everything there is to publish now.
    pub(super) async fn measure(&mut self, status: FleetStatus, exporter: &mut Exporter) -> Result<(), SourceError> {
        let gauges = self.snapshot(status).await?.samples();
        gauges.into_iter().for_each(|sample| exporter.add(sample));
        let waits = login_wait::take(self.connection().await?).await?;
        by_minute(&waits).for_each(|sample| exporter.add(sample));
        // The last, so that a log that cannot be read does not keep the gauges, which are the heartbeat.
        self.catch_up(exporter).await?;
        self.totals.samples(Utc::now()).for_each(|sample| exporter.add(sample));
        Ok(())
    }

    async fn snapshot(&mut self, status: FleetStatus) -> Result<Snapshot, SourceError> {
        let limits = self.limits;
        let connection = self.connection().await?;
        let (observation, sessions) = (fleet::observe(connection).await?, fleet::sessions(connection).await?);
        let server = |instance: &ObservedInstance| Server {
            state: instance.state,
            seats: instance.seats,
            users: instance.users,
        };
        Ok(Snapshot {
            at: Utc::now(),
            sessions: usize::try_from(sessions).unwrap_or(0),
            users_waiting: observation.waiting.len(),
            servers: observation.instances.iter().map(server).collect(),
            of_nobody: status.of_nobody,
            refused: observation.refused_enrolments,
            seats_of_one: limits.seats,
            most_servers: usize::from(limits.most_servers.get()),
        })
    }

    /// Counts what has happened since it was called last; all of the log the first time. What was counted stays so when a later page fails.
    async fn catch_up(&mut self, exporter: &mut Exporter) -> Result<(), SourceError> {
        let fresh = Utc::now() - FRESH;
        let until = lifecycle::high_water_mark(self.connection().await?).await?;
        while self.position < until {
            let after = self.position;
            let page = lifecycle::events(self.connection().await?, after, until, PAGE).await?;
            for timing in page.events.iter().filter_map(|event| self.totals.fold(event)) {
                if self.is_caught_up || timing.at >= fresh {
                    exporter.add(timing);
                }
            }
            self.position = page.until;
        }
        self.is_caught_up = true;
        Ok(())
    }

    async fn connection(&mut self) -> Result<&Client, SourceError> {
        let connection = self.connection.take().filter(|connection| !connection.is_closed());
        let connection = match connection {
            Some(connection) => connection,
            None => {
                let connection = self.database.connect("login: metrics").await?;
                connection.batch_execute(SETTINGS).await?;
                connection
            }
        };
        Ok(self.connection.insert(connection))
    }
}

/// A sample for each minute.
fn by_minute(waits: &[Wait]) -> impl Iterator<Item = Sample> {
    let minutes = waits.chunk_by(|one, next| one.minute == next.minute);
    minutes.filter_map(|waits| {
        let value = |wait: &Wait| (f64::from(wait.milliseconds), wait.count.unsigned_abs());
        Some(Sample {
            series: Metric::LoginWait.whole(),
            at: DateTime::from_timestamp(waits.first()?.minute, 0)?,
            values: waits.iter().map(value).collect(),
        })
    })
}

/// How long it is from `now` (since any fixed moment that begins a minute) to the next time to measure: at a third of every interval, away
/// from its ends, so that of every minute there is one sample, also where a clock is a little wrong.
pub(super) fn until_next(now: Duration, every: Duration) -> Duration {
    let every = every.max(Duration::from_millis(1));
    let into = Duration::from_nanos(u64::try_from(now.as_nanos() % every.as_nanos()).unwrap_or(0));
    let wanted = every / 3;
    if into < wanted {
        wanted - into
    } else {
        every - into + wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_interval_has_its_moment() {
        for (now, expected) in [(0, 20), (19, 1), (20, 60), (59, 21), (620, 60), (1_700_000_040, 20)] {
            let next = until_next(Duration::from_secs(now), Duration::from_secs(60));
            assert_eq!(next, Duration::from_secs(expected), "{now}");
        }
    }

    #[test]
    fn waits_of_a_minute_are_one_sample() {
        let wait = |minute, milliseconds, count| Wait {
            minute,
            milliseconds,
            count,
        };
        let waits = [wait(60, 5, 2), wait(60, 9, 1), wait(120, 5, 1)];
        let samples: Vec<_> = by_minute(&waits)
            .map(|sample| (sample.at.timestamp(), sample.values))
            .collect();
        assert_eq!(samples, [(60, vec![(5.0, 2), (9.0, 1)]), (120, vec![(5.0, 1)])]);
    }
}
