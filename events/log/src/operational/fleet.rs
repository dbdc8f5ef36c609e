//! The fleet as the tables show it, for those who plan it and those who wait for it.

use std::time::Duration;

use crate::database::Client;
use tenfold_core::command::Actor;
use tenfold_core::facts::InstanceState;
use tenfold_core::ids::{AccountId, InstanceId, Position, SessionId};
use tokio_postgres::Row;

/// One look at the fleet, all of it from one snapshot, so that nobody is counted both as waiting and as seated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// When that was, by the database's clock: since 1970.
    pub at: Duration,
    /// Every instance that is neither terminated nor lost.
    pub instances: Vec<ObservedInstance>,
    /// Accounts that wait for a seat and have none, the first in line in front.
    pub waiting: Vec<AccountId>,
    /// Seats that are held on instances that are over; they are to be released.
    pub stranded: usize,
    /// What was in the way of the last launch, where none has succeeded since.
    pub trouble: Option<String>,
    /// How many enrolments were refused in the last minute.
    pub refused_enrolments: usize,
}

/// A living instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedInstance {
    /// Its id.
    pub id: InstanceId,
    /// Where it is in its life.
    pub state: InstanceState,
    /// How many seats it has.
    pub seats: u16,
    /// How many of them are taken.
    pub users: usize,
    /// What its provider calls it.
    pub reference: Option<String>,
    /// How long ago its last event was recorded, by the database's clock.
    pub in_state_for: Duration,
    /// What it says of itself.
    pub lease: Option<ObservedLease>,
}

/// An application server's sign of life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedLease {
    /// Its host, where that is not the login server's own.
    pub host: Option<String>,
    /// Where it listens.
    pub port: u16,
    /// How old its last heartbeat is, by the database's clock.
    pub age: Duration,
    /// What the provider announces of its machine's end.
    pub notice: Option<String>,
}

/// A session that is seated, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatedActor {
    /// Whose session.
    pub actor: Actor,
    /// Its server.
    pub instance: InstanceId,
}

const OBSERVE: &str = include_str!("../../sql/operational/observe_fleet.sql");

/// Looks at the whole fleet.
///
/// # Errors
/// The database's.
pub async fn observe(client: &Client) -> Result<Observation, tokio_postgres::Error> {
    let rows = client.query(OBSERVE, &[]).await?;
    let mut observation = Observation::default();
    if let Some(row) = rows.first() {
        observation.at = seconds(row.try_get("at")?);
        let waiting: Vec<uuid::Uuid> = row.try_get("waiting")?;
        observation.waiting = waiting.into_iter().map(AccountId).collect();
        observation.stranded = count(row.try_get("stranded")?);
        observation.trouble = row.try_get("trouble")?;
        observation.refused_enrolments = count(row.try_get("refused_enrolments")?);
    }
    for row in &rows {
        observation.instances.extend(instance(row)?);
    }
    Ok(observation)
}

fn instance(row: &Row) -> Result<Option<ObservedInstance>, tokio_postgres::Error> {
    let Some(id) = row.try_get::<_, Option<uuid::Uuid>>("id")? else {
        return Ok(None);
    };
    // A state that this program does not know is a later version's; the schema's check at the start rules it out.
    let Some(state) = InstanceState::from_name(row.try_get("state")?) else {
        return Ok(None);
    };
    Ok(Some(ObservedInstance {
        id: InstanceId(id),
        state,
        seats: u16::try_from(row.try_get::<_, i16>("seats")?).unwrap_or(0),
        users: count(row.try_get("users")?),
        reference: row.try_get("reference")?,
        in_state_for: seconds(row.try_get("in_state_for")?),
        lease: lease(row)?,
    }))
}

fn lease(row: &Row) -> Result<Option<ObservedLease>, tokio_postgres::Error> {
    let Some(port) = row.try_get::<_, Option<i32>>("port")? else {
        return Ok(None);
    };
    Ok(Some(ObservedLease {
        host: row.try_get("host")?,
        port: u16::try_from(port).unwrap_or(0),
        age: seconds(row.try_get("lease_age")?),
        notice: row.try_get("notice")?,
    }))
}

fn count(count: i64) -> usize {
    usize::try_from(count).unwrap_or(0)
}

fn seconds(seconds: Option<f64>) -> Duration {
    Duration::try_from_secs_f64(seconds.unwrap_or(0.0)).unwrap_or_default()
}

/// Who sits on `instance`, those whose connection was seen last in front.
///
/// # Errors
/// The database's.
pub async fn seated_on(client: &Client, instance: InstanceId) -> Result<Vec<SeatedActor>, tokio_postgres::Error> {
    let sql = include_str!("../../sql/operational/seated_on.sql");
    seated(client.query(sql, &[&instance.0]).await?)
}

/// Who sits on instances that are over.
///
/// # Errors
/// The database's.
pub async fn stranded(client: &Client) -> Result<Vec<SeatedActor>, tokio_postgres::Error> {
    let sql = include_str!("../../sql/operational/stranded_seats.sql");
    seated(client.query(sql, &[]).await?)
}

/// Who had a seat, and no connection for at least `hold`, at the moment `at` of the database's clock.
///
/// # Errors
/// The database's.
pub async fn away(client: &Client, hold: Duration, at: Duration) -> Result<Vec<SeatedActor>, tokio_postgres::Error> {
    let sql = include_str!("../../sql/operational/seats_without_connection.sql");
    seated(client.query(sql, &[&hold.as_secs_f64(), &at.as_secs_f64()]).await?)
}

fn seated(rows: Vec<Row>) -> Result<Vec<SeatedActor>, tokio_postgres::Error> {
    rows.iter()
        .map(|row| {
            Ok(SeatedActor {
                actor: actor(row)?,
                instance: InstanceId(row.try_get(3)?),
            })
        })
        .collect()
}

/// Sessions that no connection had been attached to for at least `time_to_live` at the moment `at` of the database's clock, with up
/// to where they have acknowledged; at most a thousand at once.
///
/// # Errors
/// The database's.
pub async fn expired(
    client: &Client,
    time_to_live: Duration,
    at: Duration,
) -> Result<Vec<(Actor, Option<Position>)>, tokio_postgres::Error> {
    let sql = include_str!("../../sql/operational/expired_sessions.sql");
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&time_to_live.as_secs_f64(), &at.as_secs_f64()];
    let rows = client.query(sql, &parameters).await?;
    let with_acknowledged = |row: &Row| Ok((actor(row)?, row.try_get::<_, Option<i64>>(3)?.map(Position)));
    rows.iter().map(with_acknowledged).collect()
}

fn actor(row: &Row) -> Result<Actor, tokio_postgres::Error> {
    Ok(Actor {
        session: SessionId(row.try_get(0)?),
        account: AccountId(row.try_get(1)?),
        name: row.try_get(2)?,
    })
}

/// The database's clock was set by `seconds`, forward or (below 0) back: how long sessions have been without a connection stays as it was.
///
/// # Errors
/// The database's.
pub async fn clock_was_set(client: &Client, seconds: f64) -> Result<(), tokio_postgres::Error> {
    let sql = include_str!("../../sql/operational/shift_presence.sql");
    client.execute(sql, &[&seconds]).await.map(drop)
}

/// How many sessions live.
pub async fn sessions(client: &Client) -> Result<i64, tokio_postgres::Error> {
    client.query_one("select count(*) from session", &[]).await?.try_get(0)
}
