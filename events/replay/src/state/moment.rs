//! Which state is wanted: that of now, or that at a position.

use std::time::{Duration, Instant};

use tenfold_core::facts::Facts;
use tenfold_core::ids::Position;
use tenfold_log::database::Client;

use super::json::State;
use super::live::{LiveError, Snapshot};
use crate::fold::{self, Counter, Folded, ReplayError};
use crate::history::HistoryError;
use tenfold_log::database::DatabaseError;
use tenfold_log::span::{Span, head, high_water_mark};

/// How long the state of now waits for a moment without a hole in the log, and the state at a position for the
/// appends below it to end.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(5);

/// Why there is no state to show.
#[derive(Debug, thiserror::Error)]
pub enum MomentError {
    /// The projections could not be read.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// The log could not be replayed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The history cannot be looked at.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// Nothing has been drawn up to there.
    #[error("position {wanted} is beyond the end of the log, which is {end}; give one that is not above it")]
    BeyondEnd {
        /// What was asked for.
        wanted: Position,
        /// The highest position there is.
        end: Position,
    },
    /// An append below it does not end.
    #[error("the log is not complete up to position {wanted} yet, only up to {high_water_mark}; try again in a moment")]
    Incomplete {
        /// What was asked for.
        wanted: Position,
        /// Up to where it is.
        high_water_mark: Position,
    },
}

impl From<DatabaseError> for MomentError {
    fn from(error: DatabaseError) -> Self {
        Self::Replay(error.into())
    }
}

/// The state of now, from the live projections, all of one moment. Its position is that of the last event in it.
/// Everything up to there is in it as well, as `--at` with that position would show it; only where appends overlap
/// without a pause for 2 seconds, one that is still under way may be missing.
///
/// # Errors
/// Where the projections cannot be read.
pub async fn now(client: &Client) -> Result<State, MomentError> {
    let (facts, position) = facts_now(client).await?;
    Ok(State::of(&facts, position))
}

/// All rows of [`now`], and its position.
///
/// # Errors
/// The same.
pub async fn facts_now(client: &Client) -> Result<(Facts, Position), MomentError> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        // Taken before the moment: what is complete up to there is complete in it.
        let high_water_mark = high_water_mark(client).await?;
        let moment = Snapshot::take(client).await?;
        let position = moment.position().await?;
        if position <= high_water_mark || Instant::now() > give_up {
            let facts = moment.facts().await?;
            moment.end().await?;
            return Ok((facts, position));
        }
        moment.end().await?;
        tokio::time::sleep(PAUSE).await;
    }
}

/// The state at a position, by replay. Where no event has that position, it is the one before that counts.
///
/// # Errors
/// Where the log does not reach there, or cannot be replayed.
pub async fn at(client: &Client, wanted: Position) -> Result<State, MomentError> {
    reached(client, wanted).await?;
    fold::prepare(client).await?;
    let folded = fold::fold(client, Span::up_to(wanted), Folded::default(), &Counter::default()).await?;
    Ok(State::of(&folded.facts, folded.position))
}

/// Waits until everything at or below that position is there.
///
/// # Errors
/// Where the log does not reach there, or an append below does not end.
pub async fn reached(client: &Client, wanted: Position) -> Result<(), MomentError> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        let high_water_mark = high_water_mark(client).await?;
        if wanted <= high_water_mark {
            return Ok(());
        }
        let end = head(client).await?;
        if wanted > end {
            return Err(MomentError::BeyondEnd { wanted, end });
        }
        if Instant::now() > give_up {
            return Err(MomentError::Incomplete {
                wanted,
                high_water_mark,
            });
        }
        tokio::time::sleep(PAUSE).await;
    }
}
