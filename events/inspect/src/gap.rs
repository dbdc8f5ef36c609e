//! Positions without an event, and events that no position was given for: what is known of either.

use tenfold_core::ids::Position;
use tenfold_log::database::{Client, DatabaseError};
use tenfold_log::operational::setting;

/// How many positions behind a gap are looked through for what shows that an event was deleted there.
const LOOKED_THROUGH: i64 = 100_000;

/// Why there is no event at a position that the log has reached.
#[derive(Debug, thiserror::Error)]
pub enum GapError {
    /// It is before the first.
    #[error("there is no event at position 0: positions begin at 1")]
    Start,
    /// There was one.
    #[error(
        "the event at position {position} was deleted from the log: {evidence}. `bin/events verify` tells what else is missing; a \
         backup of the database may have it"
    )]
    Deleted {
        /// Where.
        position: Position,
        /// What shows that it was there.
        evidence: String,
    },
    /// In a sandbox positions stay free.
    #[error(
        "there is no event at position {position} of this sandbox, which is {made_of}: it may have been left out when that was made"
    )]
    OfSandbox {
        /// Where.
        position: Position,
        /// What the sandbox was made of.
        made_of: String,
    },
    /// Nobody can tell.
    #[error(
        "there is no event at position {0}. Either an append was abandoned there, which is harmless, or the last event of a stream \
         was deleted, which leaves no trace: `bin/events tail --from {0}` shows the next one, `bin/events verify` looks for damage"
    )]
    Unknown(Position),
}

/// What is known of a position where no event is.
///
/// # Errors
/// Where the database fails.
pub async fn gap_at(client: &Client, position: Position) -> Result<GapError, DatabaseError> {
    if position == Position::START {
        return Ok(GapError::Start);
    }
    if let Some(made_of) = setting::get(client, setting::SANDBOX).await? {
        return Ok(GapError::OfSandbox { position, made_of });
    }
    let evidence = include_str!("../sql/missing_event.sql");
    let evidence = client.query_opt(evidence, &[&position.0, &LOOKED_THROUGH]).await?;
    Ok(match evidence {
        Some(row) => GapError::Deleted {
            position,
            evidence: row.get(0),
        },
        None => GapError::Unknown(position),
    })
}

/// What is to be said of rows of the log behind the last position that was given, where there are any. They are no part of the log: no
/// server wrote them, and no tool but `verify`, which reports them, looks at them.
///
/// # Errors
/// Where the database fails.
pub async fn beyond_the_end(client: &Client) -> Result<Option<String>, DatabaseError> {
    let row = client.query_one(include_str!("../sql/beyond_the_end.sql"), &[]).await?;
    let (rows, first, given): (i64, Option<i64>, i64) = (row.get(0), row.get(1), row.get(2));
    Ok(first.map(|first| {
        let (noun, verb) = if rows == 1 { ("row", "stands") } else { ("rows", "stand") };
        format!(
            "{rows} {noun} of the table event {verb} behind the end of the log (position {given}), the first at {first}: no server wrote \
             them there, so they are left out; `bin/events verify` reports them"
        )
    }))
}
