//! Where the log speaks of somebody or something, found along its indexes and not by reading it.

use std::collections::BTreeSet;

use tenfold_core::ids::Position;
use tenfold_log::database::Client;
use uuid::Uuid;

use crate::tail::{RawEvent, SELECT};
use tenfold_log::database::DatabaseError;
use tenfold_log::span::Span;

/// How many events are read at once.
const CHUNK: usize = 1000;

/// In which ways an id can stand in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// As its stream: what it did, or became.
    Stream,
    /// As whose connections are told: what was sent to it.
    Recipient,
    /// As what it is about: who is invited, which group is joined, on which server a seat is taken.
    About,
}

impl Standing {
    const ALL: [Standing; 3] = [Standing::Stream, Standing::Recipient, Standing::About];

    /// Each has an index; none of them may be left unused for the sake of an order that nobody asks for.
    fn condition(self) -> &'static str {
        match self {
            Standing::Stream => "stream = any($1)",
            Standing::Recipient => "recipient is not null and recipient = any($1)",
            Standing::About => {
                "event_about(kind, data) = any($1) and kind not in ('Posted', 'MessageSent', 'GroupMessageSent')"
            }
        }
    }
}

/// The positions of all events in `span` in which one of these ids stands, in any way, in order.
///
/// # Errors
/// Where the database fails.
pub async fn positions(client: &Client, ids: &[Uuid], span: Span) -> Result<BTreeSet<Position>, DatabaseError> {
    let mut found = BTreeSet::new();
    for standing in Standing::ALL {
        found.extend(positions_standing(client, ids, standing, span).await?);
    }
    Ok(found)
}

/// The positions of the events in `span` in which one of these ids stands so.
///
/// # Errors
/// Where the database fails.
pub async fn positions_standing(
    client: &Client,
    ids: &[Uuid],
    standing: Standing,
    span: Span,
) -> Result<Vec<Position>, DatabaseError> {
    let condition = standing.condition();
    let select = format!("select position from event where {condition} and position > $2 and position <= $3");
    let rows = client.query(&select, &[&ids, &span.after.0, &span.until.0]).await?;
    Ok(rows.iter().map(|row| Position(row.get(0))).collect())
}

/// The events at these positions, in order; those that are not there are left out.
///
/// # Errors
/// Where the database fails.
pub async fn read_at(client: &Client, positions: &[Position]) -> Result<Vec<RawEvent>, DatabaseError> {
    let select = format!("{SELECT} where position = any($1) order by position");
    let select = client.prepare(&select).await?;
    let mut events = Vec::with_capacity(positions.len());
    for chunk in positions.chunks(CHUNK) {
        let chunk: Vec<i64> = chunk.iter().map(|position| position.0).collect();
        events.extend(
            client
                .query(&select, &[&chunk])
                .await?
                .iter()
                .map(|row| RawEvent::of(row, client)),
        );
    }
    Ok(events)
}

/// All events of a command, in order.
///
/// # Errors
/// Where the database fails.
pub async fn of_command(client: &Client, command: Uuid) -> Result<Vec<RawEvent>, DatabaseError> {
    let select = format!("{SELECT} where command_id = $1 order by position");
    Ok(client
        .query(&select, &[&command])
        .await?
        .iter()
        .map(|row| RawEvent::of(row, client))
        .collect())
}
