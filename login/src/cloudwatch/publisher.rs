//! The task that publishes: the log's news once each, looks at the fleet once a minute, on a connection of its own. Nobody waits for
//! it, and it holds nothing that somebody else wants.

use std::time::Duration;

use chrono::Utc;
use tenfold_core::backoff::Backoff;
use tenfold_log::database::Database;
use tenfold_metrics::catalogue::Metric;
use tenfold_metrics::cloudwatch::{CloudWatch, Trouble};
use tenfold_metrics::datum::Datum;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::doubt::{self, Next};
use super::ledger::{Call, Ledger, LedgerError};
use super::look::{Limits, gauges};
use super::queue::Queue;
use super::schedule::until_next;
use super::told::Told;
use crate::wait_times::WaitTimes;
use tenfold_fleet::status::FleetStatus;

/// Pauses after something failed; the longest is not much longer than the pause when all is well.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(90);
/// How long one round may take: some calls, each of which has a deadline of its own.
const ROUND: Duration = Duration::from_secs(90);
/// How many calls with news of the log one round makes; what is left after hours without CloudWatch goes with the next ones.
const MOST_CALLS: usize = 5;

/// Publishes what one login server knows.
pub struct Publisher {
    /// Where the log is.
    pub database: Database,
    /// Where it is published.
    pub cloudwatch: CloudWatch,
    /// Whether this server holds the fleet: only then it publishes.
    pub standing: watch::Receiver<FleetStatus>,
    /// How long logins have waited here.
    pub waits: WaitTimes,
    /// What the fleet may grow to.
    pub limits: Limits,
    /// How often.
    pub every: Duration,
    /// After how long CloudWatch surely shows what has arrived.
    pub settled: Duration,
}

/// Why a round ended early.
#[derive(Debug, thiserror::Error)]
enum Setback {
    #[error("the database cannot be used: {0}")]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    CloudWatch(#[from] Trouble),
    #[error("it is being found out whether what was sent last has arrived")]
    InDoubt(Duration),
    #[error("CloudWatch or the database takes more than {} s for a few calls", ROUND.as_secs())]
    TooSlow,
}

/// What the task keeps from one round to the next.
pub(super) struct Round {
    publisher: Publisher,
    ledger: Option<Ledger>,
    queue: Queue,
    told: Told,
}

/// How the task is to end.
pub(super) struct End {
    /// No other login server goes on: what is left is to be told now.
    pub(super) is_last: bool,
}

impl Round {
    pub(super) fn new(publisher: Publisher) -> Round {
        Round {
            publisher,
            ledger: None,
            queue: Queue::default(),
            told: Told::default(),
        }
    }

    /// Publishes until the end is asked for.
    pub(super) async fn run(mut self, mut ends: oneshot::Receiver<End>) {
        let mut backoff = Backoff::between(FIRST_PAUSE, LONGEST_PAUSE);
        let mut next_look = self.next_look();
        // Looks are taken while nothing can be published, too.
        let mut not_before = Instant::now();
        let end = loop {
            let wake = if not_before > Instant::now() {
                next_look.min(not_before)
            } else {
                next_look
            };
            tokio::select! {
                end = &mut ends => break end,
                () = sleep_until(wake) => {}
            }
            let is_due = Instant::now() >= next_look;
            if is_due {
                next_look = self.next_look();
            }
            match self.round(is_due, Instant::now() >= not_before).await {
                Ok(true) => {
                    self.told.all_is_well();
                    backoff.reset();
                }
                Ok(false) => {}
                Err(setback) => not_before = self.pause(&setback, &mut backoff),
            }
        };
        if let Ok(end) = end {
            self.finish(&end).await;
        }
    }

    fn next_look(&self) -> Instant {
        let since_1970 = Duration::from_millis(u64::try_from(Utc::now().timestamp_millis()).unwrap_or(0));
        Instant::now() + until_next(since_1970, self.publisher.every)
    }

    fn pause(&mut self, setback: &Setback, backoff: &mut Backoff) -> Instant {
        let pause = match setback {
            Setback::InDoubt(pause) => (*pause).min(self.publisher.every),
            _ => backoff.pause(rand::random()),
        };
        self.told.trouble(&setback.to_string());
        Instant::now() + pause
    }

    /// Whether it published, which only who holds the fleet does.
    async fn round(&mut self, is_due: bool, may_publish: bool) -> Result<bool, Setback> {
        let done = timeout(ROUND, self.one_round(is_due, may_publish))
            .await
            .unwrap_or(Err(Setback::TooSlow));
        if matches!(done, Err(Setback::Ledger(_) | Setback::TooSlow)) {
            // What is under way on it is not known any more.
            self.ledger = None;
        }
        done
    }

    async fn one_round(&mut self, is_due: bool, may_publish: bool) -> Result<bool, Setback> {
        let standing = *self.publisher.standing.borrow();
        if !standing.leads && self.ledger.as_ref().is_some_and(Ledger::may_publish) {
            // The right goes with the connection, to whoever holds the fleet now.
            self.ledger = None;
        }
        self.hand_in_waits().await?;
        if !standing.leads || !self.ledger().await?.take_right().await? {
            return Ok(false);
        }
        if is_due {
            let (observation, sessions) = self.ledger().await?.look().await?;
            let look = gauges(&observation, sessions, standing, self.publisher.limits, Utc::now());
            self.queue.push(look);
        }
        if may_publish {
            self.publish().await?;
        }
        Ok(may_publish)
    }

    /// Tells the last things. Nothing is tried twice here: what is not told now is told by the next login server.
    async fn finish(&mut self, end: &End) {
        let finished = async {
            self.hand_in_waits().await?;
            if end.is_last && self.ledger().await?.take_right().await? {
                self.publish().await?;
            }
            Ok::<(), Setback>(())
        };
        if let Err(setback) = finished.await {
            tracing::info!("the last metrics are published by the next login server: {setback}");
        }
    }

    /// Every login server measures, one publishes: the database is between them.
    async fn hand_in_waits(&mut self) -> Result<(), Setback> {
        let (waits, left_out) = self.publisher.waits.take();
        if left_out > 0 {
            tracing::warn!(
                logins = left_out,
                "metrics of waits for a seat are left out, for nobody fetched them"
            );
        }
        if waits.is_empty() {
            return Ok(());
        }
        let added = match self.ledger().await {
            Ok(ledger) => ledger.add_waits(&waits).await,
            Err(error) => Err(error),
        };
        if added.is_err() {
            self.publisher.waits.put_back(waits);
        }
        Ok(added?)
    }

    async fn ledger(&mut self) -> Result<&mut Ledger, LedgerError> {
        if self.ledger.as_ref().is_some_and(Ledger::is_closed) {
            self.ledger = None;
        }
        match &mut self.ledger {
            Some(ledger) => Ok(ledger),
            empty => Ok(empty.insert(Ledger::open(&self.publisher.database).await?)),
        }
    }

    /// First what is in doubt, then what is new in the log, then what is left of the looks.
    async fn publish(&mut self) -> Result<(), Setback> {
        self.settle_doubt().await?;
        for _ in 0..MOST_CALLS {
            let owner = self.publisher.cloudwatch.owner().clone();
            let (call, is_more) = self.ledger().await?.next(&owner, Utc::now()).await?;
            if let Some(call) = call {
                self.make(&call).await?;
            }
            if !is_more {
                break;
            }
        }
        while !self.queue.is_empty() {
            self.put(&[]).await?;
        }
        Ok(())
    }

    async fn settle_doubt(&mut self) -> Result<(), Setback> {
        let Some((call, attempted)) = self.ledger().await?.call_in_doubt().await? else {
            return Ok(());
        };
        let next = match attempted {
            None => Next::MakeAgain,
            Some(_) => self.look_for(&call, attempted).await?,
        };
        match next {
            Next::GoOn => Ok(self.ledger().await?.settle(call.position).await?),
            Next::Ask(pause) => Err(Setback::InDoubt(pause)),
            Next::MakeAgain => {
                self.ledger().await?.attempt_again().await?;
                self.make(&call).await
            }
        }
    }

    /// Asks CloudWatch for one series of the call, for a call arrives as a whole.
    async fn look_for(&mut self, call: &Call, attempted: Option<Duration>) -> Result<Next, Setback> {
        let Some(witness) = witness(&call.data).cloned() else {
            return Ok(Next::GoOn);
        };
        let seen = self.publisher.cloudwatch.arrived(&witness).await?;
        let expected = self.ledger().await?.expected(&witness, call).await?;
        let settled = self.publisher.settled;
        Ok(expected.map_or(Next::GoOn, |expected| doubt::next(attempted, settled, expected, seen)))
    }

    /// Makes a call that is written down, and writes down what came of it.
    async fn make(&mut self, call: &Call) -> Result<(), Setback> {
        match self.put(&call.data).await {
            Ok(()) => Ok(self.ledger().await?.settle(call.position).await?),
            Err(trouble) if trouble.is_final() => {
                tracing::error!(%trouble, "metrics are left out");
                Ok(self.ledger().await?.settle(call.position).await?)
            }
            Err(trouble) => {
                if trouble.is_certain() {
                    self.ledger().await?.has_not_arrived().await?;
                }
                Err(trouble.into())
            }
        }
    }

    /// Puts data, and with them as many looks as there is room for. A look that is put twice does no harm: it is a level, not
    /// a count.
    async fn put(&mut self, data: &[Datum]) -> Result<(), Trouble> {
        let (all, looks) = self.queue.with(data, self.publisher.cloudwatch.owner());
        let put = self.publisher.cloudwatch.put(&all).await;
        if put.as_ref().map_or_else(Trouble::is_final, |()| true) {
            // At least one, or what cannot be put would be tried for ever.
            self.queue.told(if data.is_empty() { looks.max(1) } else { looks });
        }
        put
    }
}

/// The series to ask for: one of which the database knows how much there must be.
fn witness(data: &[Datum]) -> Option<&Datum> {
    let of = |metric| data.iter().find(move |datum| datum.series.metric == metric);
    of(Metric::Transitions).or_else(|| of(Metric::LoginWait))
}
