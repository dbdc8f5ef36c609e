//! The instances' events alone, in the log's order and without a gap.

use crate::database::Client;
use tenfold_core::event::{Event, Recorded, Undecodable};
use tenfold_core::ids::{AccountId, CommandId, EventId, Position};
use tokio_postgres::Row;

const EVENTS: &str = include_str!("../sql/read/lifecycle.sql");

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
pub async fn high_water_mark(client: &Client) -> Result<Position, tokio_postgres::Error> {
    let row = client.query_one("select log_bound()", &[]).await?;
    row.try_get(0).map(Position)
}

/// What happened to instances after `after` and not after `until`, at most `limit` events.
pub async fn events(
    client: &Client,
    after: Position,
    until: Position,
    limit: i64,
) -> Result<Vec<Recorded>, LifecycleError> {
    let rows = client.query(EVENTS, &[&after.0, &until.0, &limit]).await?;
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
