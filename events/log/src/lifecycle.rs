//! The instances' events alone, in the log's order and without a gap: what is told of the fleet to those who watch it.

use chrono::{DateTime, Utc};
use tenfold_core::event::{Event, Recorded, Undecodable};
use tenfold_core::ids::{AccountId, CommandId, EventId, Position};
use tokio_postgres::{Client, Row};

/// Written out wherever it is asked for, since only then the index on it is used.
macro_rules! of_instances {
    () => {
        "e.kind in ('InstanceRequested', 'InstanceLaunched', 'InstanceReady', 'InstanceDraining', 'InstanceTerminated', \
         'InstanceLost')"
    };
}

const COLUMNS: &str = "e.position, e.id, e.version, e.kind, e.kind_version, e.command_id, e.ordinal, e.actor, e.recorded_at, \
                       e.data::text, e.personal::text";

/// Why the events could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LifecycleError {
    /// The database failed.
    #[error("{}", crate::database::in_words(.0))]
    Database(#[from] tokio_postgres::Error),
    /// The log has an event that this build does not know.
    #[error("at position {0}: {1}")]
    Undecodable(Position, Undecodable),
}

/// Up to where the log is complete. To be asked before the events are read.
///
/// # Errors
/// The database's.
pub async fn bound(client: &Client) -> Result<Position, tokio_postgres::Error> {
    client
        .query_one("select log_bound()", &[])
        .await?
        .try_get(0)
        .map(Position)
}

/// What happened to instances after `after` and not after `until`, at most `limit` events.
///
/// # Errors
/// [`LifecycleError`].
pub async fn events(
    client: &Client,
    after: Position,
    until: Position,
    limit: i64,
) -> Result<Vec<Recorded>, LifecycleError> {
    let sql = format!(
        concat!(
            "select {} from event e where ",
            of_instances!(),
            " and e.position > $1 and e.position <= $2 order by e.position limit $3"
        ),
        COLUMNS
    );
    decoded(client.query(&sql, &[&after.0, &until.0, &limit]).await?)
}

/// What happened up to `until` to instances that something may happen to after it: those that have not ended, and those of
/// whom something is told later.
///
/// # Errors
/// [`LifecycleError`].
pub async fn unfinished(client: &Client, until: Position) -> Result<Vec<Recorded>, LifecycleError> {
    let sql = format!(
        concat!(
            "with unfinished as (select id from instance where state <> 'terminated' union select e.stream from event e where ",
            of_instances!(),
            " and e.position > $1) select {} from unfinished u join event e on e.stream = u.id where ",
            of_instances!(),
            " and e.position <= $1 order by e.position"
        ),
        COLUMNS
    );
    decoded(client.query(&sql, &[&until.0]).await?)
}

/// How many events of this kind were recorded in the minute that begins at `minute`, up to `until`.
///
/// # Errors
/// The database's.
pub async fn count_in_minute(
    client: &Client,
    kind: &str,
    minute: DateTime<Utc>,
    until: Position,
) -> Result<i64, tokio_postgres::Error> {
    let sql = concat!(
        "select count(*) from event e where ",
        of_instances!(),
        " and e.kind = $1 and e.position <= $3 and e.recorded_at >= $2 and e.recorded_at < $2 + interval '1 minute'"
    );
    client.query_one(sql, &[&kind, &minute, &until.0]).await?.try_get(0)
}

fn decoded(rows: Vec<Row>) -> Result<Vec<Recorded>, LifecycleError> {
    rows.iter().map(recorded).collect()
}

fn recorded(row: &Row) -> Result<Recorded, LifecycleError> {
    let position = Position(row.try_get(0)?);
    let event = Event::decode(row.try_get(3)?, row.try_get(4)?, row.try_get(9)?, row.try_get(10)?)
        .map_err(|undecodable| LifecycleError::Undecodable(position, undecodable))?;
    Ok(Recorded {
        position,
        id: EventId(row.try_get(1)?),
        version: row.try_get(2)?,
        command: CommandId(row.try_get(5)?),
        ordinal: row.try_get(6)?,
        actor: row.try_get::<_, Option<_>>(7)?.map(AccountId),
        at: row.try_get(8)?,
        event,
    })
}
