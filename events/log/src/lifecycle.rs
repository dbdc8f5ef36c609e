//! The instances' events alone, in the log's order and without a gap.

use crate::database::Client;
use tenfold_core::event::{Event, Recorded};
use tenfold_core::ids::{AccountId, CommandId, EventId, Position};
use tokio_postgres::Row;

const EVENTS: &str = include_str!("../sql/read/lifecycle.sql");

/// Some of the instances' events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Those that this build can read.
    pub events: Vec<Recorded>,
    /// Up to where the log has been read.
    pub until: Position,
}

/// Up to where the log is complete. To be asked before the events are read.
pub async fn high_water_mark(client: &Client) -> Result<Position, tokio_postgres::Error> {
    let row = client.query_one("select log_bound()", &[]).await?;
    row.try_get(0).map(Position)
}

/// What happened to instances after `after` and not after `until`, at most `limit` events. One that cannot be read is left out and logged.
pub async fn events(
    client: &Client,
    after: Position,
    until: Position,
    limit: i64,
) -> Result<Page, tokio_postgres::Error> {
    let rows = client.query(EVENTS, &[&after.0, &until.0, &limit]).await?;
    let is_whole = i64::try_from(rows.len()).is_ok_and(|count| count < limit);
    let mut page = Page {
        events: Vec::with_capacity(rows.len()),
        until,
    };
    for row in &rows {
        page.events.extend(recorded(row)?);
        if !is_whole {
            page.until = Position(row.try_get(0)?);
        }
    }
    Ok(page)
}

fn recorded(row: &Row) -> Result<Option<Recorded>, tokio_postgres::Error> {
    let position = Position(row.try_get(0)?);
    let event = match Event::decode(row.try_get(3)?, row.try_get(4)?, row.try_get(9)?, row.try_get(10)?) {
        Ok(event) => event,
        Err(cause) => {
            tracing::error!(%position, %cause, "an event of an instance cannot be read and is not counted; run `bin/events verify`");
            return Ok(None);
        }
    };
    Ok(Some(Recorded {
        position,
        id: EventId(row.try_get(1)?),
        version: row.try_get(2)?,
        command: CommandId(row.try_get(5)?),
        ordinal: row.try_get(6)?,
        actor: row.try_get::<_, Option<_>>(7)?.map(AccountId),
        at: row.try_get(8)?,
        event,
    }))
}
