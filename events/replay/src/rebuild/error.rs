//! Why nothing was rebuilt.

use tenfold_log::database::DatabaseError;
use tenfold_log::sealing::LockedError;

use crate::fold::ReplayError;

/// Why nothing was rebuilt. The live projections are then as they were.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// Events that make rows cannot be read, so that the new projections would lack what the living ones may have.
    #[error(
        "{count} events that may matter to the projections are damaged, the first at position {first} ({cause}): nothing is changed; restore the log from a backup. To go on without what they say, give --despite-damage"
    )]
    Damaged {
        /// How many, as far as they were kept.
        count: usize,
        /// Where the first is.
        first: tenfold_core::ids::Position,
        /// What is wrong with it.
        cause: String,
    },
    /// The log itself is not whole: the projections would be made of what is left of it.
    #[error(
        "the log itself is not whole ({count} findings; the first at {first}): nothing is changed; restore the database from a backup, \
         `bin/events verify` tells more. To make the projections of the log as it is, give --despite-damage"
    )]
    NotWhole {
        /// How many findings, as far as they were kept.
        count: usize,
        /// The first that may matter to the projections.
        first: tenfold_log::integrity::Finding,
    },
    /// The log says what no projection can hold.
    #[error(
        "{}: nothing is changed; restore the database from a backup that was made before the second history began, or take the events of one \
         of them out in a fork and go on from there", .0.join("; ")
    )]
    Collisions(Vec<String>),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The log cannot be replayed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The master key is missing.
    #[error(transparent)]
    Locked(#[from] LockedError),
    /// Accounts that live have no key: names and posts would be lost with the old projections.
    #[error(
        "the keys of {0} living accounts are missing, so that their names and posts cannot be told from the log; nothing is changed: bring the schema tenfold_keys back from its own backup; if they were deleted after this log was backed up, use --delete-keyless"
    )]
    NoKeys(usize),
    /// Another one is at it.
    #[error("another rebuild of this database is under way; wait for its end")]
    UnderWay,
    /// Something of the user's own hangs on the tables.
    #[error(
        "these hang on the tables of the projections and would be lost with them: {}. Nothing is changed; remove them, and make them again after \
         the rebuild", .0.join("; ")
    )]
    Dependents(Vec<String>),
    /// Others held the tables all the time.
    #[error(
        "the new projections could not be put in place within {minutes} minutes, for other programs hold the tables \
         without a pause; nothing is changed, try again when there is less to do"
    )]
    NoPause {
        /// How long it was tried.
        minutes: u64,
    },
}

impl From<tokio_postgres::Error> for RebuildError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}
