//! The publisher's own connection to the database: what the log has to tell, and how far it was told.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tenfold_core::event::Recorded;
use tenfold_core::ids::Position;
use tenfold_log::database::{Client, Database, DatabaseError};
use tenfold_log::lifecycle::{self, LifecycleError};
use tenfold_log::operational::fleet::{self, Observation};
use tenfold_log::operational::published::{self, Wait};
use tenfold_metrics::batches::batches;
use tenfold_metrics::catalogue::Metric;
use tenfold_metrics::datum::{Counted, Datum, Owner};
use tenfold_metrics::lives::Lives;
use tenfold_metrics::series::Series;
use tenfold_metrics::stored;

/// How many events are read for one call; each gives four data at most, and a call takes a thousand.
const EVENTS: i64 = 200;
/// How many different waits are told in one call.
const WAITS: i64 = 150;
const MINUTE: i64 = 60;
/// A statement that takes longer is given up, and the connection with it.
const SETTINGS: &str = "set statement_timeout = '10s'; set lock_timeout = '5s';
    set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3";

/// Why the database gave nothing.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // each is another module's sentence
pub enum LedgerError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Lifecycle(#[from] LifecycleError),
}

impl From<tokio_postgres::Error> for LedgerError {
    fn from(error: tokio_postgres::Error) -> Self {
        LedgerError::Database(error.into())
    }
}

/// A call that stands in the database.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Its data, within the limits of one call.
    pub data: Vec<Datum>,
    /// Up to where the log is told with it.
    pub position: Position,
}

/// How far the log is told, as this connection knows it.
pub struct Ledger {
    client: Client,
    told: Option<Told>,
}

struct Told {
    position: Position,
    lives: Lives,
}

/// What is to be told next.
struct Draft {
    call: Option<Call>,
    /// Up to where the log is told then, call or no call.
    position: Position,
    waits: Vec<Wait>,
    lives: Lives,
    refused: usize,
    /// There is more after it.
    is_more: bool,
}

impl Ledger {
    /// Connects, without the right to publish.
    pub async fn open(database: &Database) -> Result<Ledger, LedgerError> {
        let client = database.connect("login: metrics").await?;
        client.batch_execute(SETTINGS).await?;
        Ok(Ledger { client, told: None })
    }

    /// Whether the connection, and with it the right, is gone.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Whether this connection has the right to publish.
    pub fn may_publish(&self) -> bool {
        self.told.is_some()
    }

    /// Gets the right to publish, where nobody else has it, and looks how far the log is told. It is kept as long as the connection.
    pub async fn take_right(&mut self) -> Result<bool, LedgerError> {
        if self.may_publish() {
            return Ok(true);
        }
        if !published::take_right(&self.client).await? {
            return Ok(false);
        }
        let found = published::published(&self.client).await?;
        let until = found.call.as_ref().map_or(found.position, |call| call.position);
        let mut lives = Lives::default();
        for event in lifecycle::unfinished(&self.client, until).await? {
            // It was told before.
            drop(lives.fold(&event));
        }
        self.told = Some(Told {
            position: found.position,
            lives,
        });
        Ok(true)
    }

    /// The call that is not known to have arrived, and how long ago it was made; no time where it certainly did not arrive.
    pub async fn call_in_doubt(&self) -> Result<Option<(Call, Option<Duration>)>, LedgerError> {
        let Some(found) = published::published(&self.client).await?.call else {
            return Ok(None);
        };
        let data = stored::from_json(&found.data).unwrap_or_else(|error| {
            // It went with the build that wrote it.
            tracing::error!(%error, "metrics of a few events are left out");
            Vec::new()
        });
        let position = found.position;
        Ok(Some((Call { data, position }, found.attempted)))
    }

    /// Writes down the next call that the log and the waits ask for, as being made; and whether there is more after it. No call
    /// where there is nothing to tell.
    pub async fn next(&mut self, owner: &Owner, now: DateTime<Utc>) -> Result<(Option<Call>, bool), LedgerError> {
        let Some(told) = &self.told else {
            return Ok((None, false));
        };
        let bound = lifecycle::bound(&self.client).await?;
        let events = lifecycle::events(&self.client, told.position, bound, EVENTS).await?;
        let waits = published::waits(&self.client, WAITS).await?;
        let draft = draft(told, &events, waits, owner, now);
        if draft.refused > 0 {
            tracing::warn!(
                data = draft.refused,
                "metrics are left out, for CloudWatch takes none that are two weeks old"
            );
        }
        let (call, position) = (draft.call.clone(), draft.position);
        let json = stored::to_json(call.as_ref().map_or(&[], |call| &call.data));
        if call.is_some() || !draft.waits.is_empty() {
            published::intend(&mut self.client, &json, position, &draft.waits).await?;
        }
        if let Some(told) = &mut self.told {
            told.lives = draft.lives;
        }
        if call.is_none() && (position > self.position() || !draft.waits.is_empty()) {
            self.settle(position).await?;
        }
        Ok((call, draft.is_more))
    }

    fn position(&self) -> Position {
        self.told.as_ref().map_or(Position::START, |told| told.position)
    }

    /// Writes down that the call which stands there is being made again.
    pub async fn attempt_again(&self) -> Result<(), LedgerError> {
        Ok(published::attempt_again(&self.client).await?)
    }

    /// Writes down that the call has certainly not arrived.
    pub async fn has_not_arrived(&self) -> Result<(), LedgerError> {
        Ok(published::has_not_arrived(&self.client).await?)
    }

    /// Writes down that the log is told up to `position`, and no call is under way.
    pub async fn settle(&mut self, position: Position) -> Result<(), LedgerError> {
        published::settle(&self.client, position).await?;
        if let Some(told) = &mut self.told {
            told.position = position;
        }
        Ok(())
    }

    /// How much of the datum's series there is in its minute once `call` has arrived; nothing where the database does not know.
    pub async fn expected(&self, datum: &Datum, call: &Call) -> Result<Option<f64>, LedgerError> {
        let minute = datum.at.timestamp().div_euclid(MINUTE) * MINUTE;
        let count = match (datum.series.metric, DateTime::from_timestamp(minute, 0)) {
            (Metric::Transitions, Some(at)) => {
                let kind = kind(datum.series);
                lifecycle::count_in_minute(&self.client, &kind, at, call.position).await?
            }
            (Metric::LoginWait, _) => published::waits_told(&self.client, minute).await?,
            _ => return Ok(None),
        };
        Ok(Some(count as f64))
    }

    /// Adds waits to those that are to be told.
    pub async fn add_waits(&self, waits: &[Wait]) -> Result<(), LedgerError> {
        Ok(published::add_waits(&self.client, waits).await?)
    }

    /// One look at the fleet, and how many sessions live.
    pub async fn look(&self) -> Result<(Observation, usize), LedgerError> {
        let observation = fleet::observe(&self.client).await?;
        let sessions = published::sessions(&self.client).await?;
        Ok((observation, usize::try_from(sessions).unwrap_or(0)))
    }
}

/// As many events as fit into one call with the waits: all of them, unless each is of another minute and has long names.
fn draft(told: &Told, events: &[Recorded], waits: Vec<Wait>, owner: &Owner, now: DateTime<Utc>) -> Draft {
    let mut count = events.len();
    loop {
        let mut lives = told.lives.clone();
        let of_log = events[..count].iter().flat_map(|event| lives.fold(event));
        let data: Vec<Datum> = of_log.chain(waits.iter().filter_map(of_wait)).collect();
        let made = batches(data, owner, now);
        if made.calls.len() > 1 && count > 1 {
            count /= 2;
            continue;
        }
        let position = events[..count].last().map_or(told.position, |event| event.position);
        let data = made.calls.into_iter().next();
        let is_more = count < events.len() || full(events.len(), EVENTS) || full(waits.len(), WAITS);
        return Draft {
            is_more,
            call: data.map(|data| Call { data, position }),
            position,
            waits,
            lives,
            refused: made.refused.len(),
        };
    }
}

fn full(count: usize, limit: i64) -> bool {
    i64::try_from(count).is_ok_and(|count| count >= limit)
}

fn of_wait(wait: &Wait) -> Option<Datum> {
    let series = Series {
        metric: Metric::LoginWait,
        part: None,
    };
    let counted = Counted {
        value: f64::from(wait.milliseconds),
        count: u32::try_from(wait.count).ok()?,
    };
    Some(Datum {
        series,
        at: DateTime::from_timestamp(wait.minute, 0)?,
        values: vec![counted],
    })
}

/// How the log calls the events that the series counts: `InstanceReady` for the state `ready`.
fn kind(series: Series) -> String {
    let mut name = series.part.unwrap_or_default().to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!("Instance{name}")
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use tenfold_core::event::{Event, KINDS};
    use tenfold_core::ids::{CommandId, EventId, InstanceId};
    use tenfold_metrics::catalogue::STATES;
    use uuid::Uuid;

    use super::*;

    /// Launches that fail, each event in a minute of its own.
    fn events(count: i64, begin: DateTime<Utc>) -> Vec<Recorded> {
        let event = |number: i64| {
            let instance = InstanceId(Uuid::from_u128(number.unsigned_abs() as u128 / 2));
            if number % 2 == 0 {
                Event::InstanceRequested { instance, seats: 10 }
            } else {
                let reason = "quota: no more".to_owned();
                Event::InstanceTerminated { instance, reason }
            }
        };
        let recorded = |number| Recorded {
            position: Position(number + 1),
            id: EventId(Uuid::nil()),
            version: 1,
            command: CommandId(Uuid::nil()),
            ordinal: 0,
            actor: None,
            at: begin + TimeDelta::minutes(number),
            event: event(number),
        };
        (0..count).map(recorded).collect()
    }

    fn owner() -> Owner {
        Owner {
            fleet: "f".repeat(64),
            environment: "e".repeat(64),
        }
    }

    fn nothing_told() -> Told {
        Told {
            position: Position::START,
            lives: Lives::default(),
        }
    }

    #[test]
    fn as_many_events_as_are_read_go_into_one_call_with_the_waits() {
        let begin = Utc::now() - TimeDelta::days(1);
        let waits: Vec<Wait> = (0..WAITS)
            .map(|number| Wait {
                minute: begin.timestamp() + number * 60,
                milliseconds: 7,
                count: 1,
            })
            .collect();
        let draft = draft(&nothing_told(), &events(EVENTS, begin), waits, &owner(), Utc::now());
        // Each request and each end, and each failure twice.
        let expected = EVENTS + EVENTS / 2 * 2 + WAITS;
        let call = draft.call.unwrap();
        assert_eq!((call.data.len() as i64, call.position), (expected, Position(EVENTS)));
        assert!(draft.is_more && draft.refused == 0);
    }

    #[test]
    fn what_is_too_old_is_left_out_and_passed_by() {
        let long_ago = Utc::now() - TimeDelta::days(20);
        let draft = draft(&nothing_told(), &events(4, long_ago), Vec::new(), &owner(), Utc::now());
        assert_eq!((draft.call, draft.position, draft.refused), (None, Position(4), 8));
        assert!(!draft.is_more);
    }

    #[test]
    fn every_state_has_its_kind_of_event() {
        for state in STATES {
            let series = Series {
                metric: Metric::Transitions,
                part: Some(state.name()),
            };
            assert!(KINDS.contains(&kind(series).as_str()), "{}", kind(series));
        }
    }
}
