//! Parts of the log as people ask for them, and everything as it was at a position.

use std::path::Path;

use chrono::Utc;
use tenfold_core::facts::Facts;
use tenfold_core::ids::Position;
use tenfold_log::database::Client;
use uuid::Uuid;

use crate::clock::Clock;
use crate::gap::{GapError, gap_at};
use crate::moment_argument::{self, MomentArgument, MomentArgumentError};
use crate::raw_event::RawEvent;
use crate::reader;
use tenfold_log::database::DatabaseError;
use tenfold_log::span::{Span, head, high_water_mark};
use tenfold_replay::fold::{self, Counter, Folded, ReplayError};
use tenfold_replay::history::Progress;
use tenfold_replay::state::{MomentError, Past};

/// Why there is no such part of the log.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The log could not be replayed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// A time that is none of the log's.
    #[error(transparent)]
    Moment(#[from] MomentArgumentError),
    /// A position that is none of the log's.
    #[error("position {wanted} is beyond the end of the log: give {end} or less")]
    BeyondEnd {
        /// What was asked for.
        wanted: Position,
        /// The last there is.
        end: Position,
    },
    /// `--to` is before `--from`.
    #[error("--to ({to}) is before --from ({from}): swap them")]
    Backwards {
        /// Where it was to begin.
        from: String,
        /// Where it was to end.
        to: String,
    },
    /// A position that no event has.
    #[error(transparent)]
    Gap(#[from] GapError),
}

impl From<tokio_postgres::Error> for PastError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}

/// The part of the log from one moment up to another; from its beginning, or up to where it is complete, where none is
/// given.
///
/// # Errors
/// Where a moment is none of this log's, or `to` is before `from`.
pub async fn span(
    client: &Client,
    from: Option<MomentArgument>,
    to: Option<MomentArgument>,
    clock: Clock,
) -> Result<Span, PastError> {
    let complete = high_water_mark(client).await?;
    let after = match from {
        Some(moment) => Position(
            within(client, moment_argument::from(client, moment, clock).await?)
                .await?
                .0
                - 1,
        ),
        None => Position::START,
    };
    let until = match to {
        Some(moment) => within(client, moment_argument::up_to(client, moment, clock).await?)
            .await?
            .min(complete),
        None => complete,
    };
    match (from, to) {
        (Some(from), Some(to)) if until <= after && are_backwards(from, to, clock)? => Err(PastError::Backwards {
            from: from.words(clock),
            to: to.words(clock),
        }),
        // Nothing was recorded in between.
        _ => Ok(Span {
            after,
            until: until.max(after),
        }),
    }
}

fn are_backwards(from: MomentArgument, to: MomentArgument, clock: Clock) -> Result<bool, MomentArgumentError> {
    use MomentArgument::{Position, Time};
    let now = Utc::now();
    Ok(match (from, to) {
        (Position(from), Position(to)) => to < from,
        (Time(from), Time(to)) => to.by(clock, now)? < from.by(clock, now)?,
        _ => true,
    })
}

/// The position, where the log reaches that far.
///
/// # Errors
/// [`PastError::BeyondEnd`] where it does not.
pub async fn within(client: &Client, wanted: Position) -> Result<Position, PastError> {
    let end = head(client).await?;
    if wanted > end {
        return Err(PastError::BeyondEnd { wanted, end });
    }
    Ok(wanted)
}

/// The event at that position.
///
/// # Errors
/// [`PastError::Gap`] where there is none, with what is known of it; where the database fails.
pub async fn event_at(client: &Client, position: Position) -> Result<RawEvent, PastError> {
    match reader::read_at(client, &[position]).await?.pop() {
        Some(event) => Ok(event),
        None => Err(gap_at(client, position).await?.into()),
    }
}

/// Everything as it was after the event at `position`.
///
/// # Errors
/// Where the log cannot be replayed.
pub async fn folded(client: &Client, position: Position) -> Result<Folded, PastError> {
    fold::prepare(client).await?;
    Ok(fold::fold(client, Span::up_to(position), Folded::default(), &Counter::default()).await?)
}

/// What was so at `position` of those whose ids are given, and of those they had to do with; of a short log everything.
///
/// # Errors
/// Where the log does not reach there or cannot be read, or its history cannot be kept under `home`.
pub async fn about(client: &Client, home: &Path, position: Position, ids: &[Uuid]) -> Result<Facts, MomentError> {
    let view = match Past::at(client, home, position, &Progress::default()).await? {
        Past::Folded(folded) => return Ok(folded.facts),
        Past::Indexed(view) => view,
    };
    let mut facts = Facts::default();
    for id in ids {
        facts.put_all_of(&view.facts_about(client, *id).await?);
    }
    Ok(facts)
}
