//! How far the log goes, and parts of it.

use tenfold_core::ids::Position;
use tokio_postgres::Client;

use crate::database::DatabaseError;

/// A part of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Events above this position;
    pub after: Position,
    /// and not above this one.
    pub until: Position,
}

impl Span {
    /// Everything the reading transaction sees.
    pub const ALL: Span = Span {
        after: Position::START,
        until: Position(i64::MAX),
    };

    /// From the beginning up to and with `until`.
    pub fn up_to(until: Position) -> Span {
        Span { until, ..Span::ALL }
    }

    /// Whether it has that position in it.
    pub fn contains(self, position: Position) -> bool {
        position > self.after && position <= self.until
    }
}

/// Up to where the log is complete: nothing will ever appear at or below it that is not there already.
pub async fn high_water_mark(client: &Client) -> Result<Position, DatabaseError> {
    Ok(Position(client.query_one("select log_bound()", &[]).await?.get(0)))
}

/// The highest position that anybody has drawn; nothing may be there yet, or ever.
pub async fn head(client: &Client) -> Result<Position, DatabaseError> {
    let drawn = "select case when is_called then last_value else 0 end from event_position";
    Ok(Position(client.query_one(drawn, &[]).await?.get(0)))
}
