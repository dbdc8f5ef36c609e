//! An event as the log keeps it.

use chrono::{DateTime, Utc};

use super::kinds::Event;
use crate::ids::{AccountId, CommandId, EventId, Position};

/// An event with its place and its circumstances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its place in the whole log.
    pub position: Position,
    /// Its own id.
    pub id: EventId,
    /// Its place in its stream, from 1.
    pub version: i64,
    /// The command that caused it, and its place among that command's events, from 0.
    pub command: CommandId,
    /// See `command`.
    pub ordinal: i16,
    /// Who did it; nobody where it was the fleet.
    pub actor: Option<AccountId>,
    /// When it was recorded, by the database's clock.
    pub at: DateTime<Utc>,
    /// What happened.
    pub event: Event,
}
