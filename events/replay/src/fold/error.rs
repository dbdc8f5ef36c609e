//! Why a replay stopped.

use tenfold_core::event::Undecodable;
use tenfold_core::facts::Impossible;
use tenfold_core::ids::Position;

use tenfold_log::database::DatabaseError;
use tenfold_log::sealing::UnsealableError;

/// Why a replay stopped. It never guesses: what it cannot read it does not skip.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// An event of a newer build, or a damaged one.
    #[error("the replay stops at position {position}: {cause}")]
    Undecodable {
        /// Where.
        position: Position,
        /// What is wrong with it.
        cause: Undecodable,
    },
    /// An event whose personal part was tampered with.
    #[error("the replay stops at position {position}: {cause}")]
    Unsealable {
        /// Where.
        position: Position,
        /// What is wrong with it.
        cause: UnsealableError,
    },
    /// An event that cannot have happened after those before it.
    #[error("the replay stops at position {position}, for the log is damaged there or before: {cause}")]
    Impossible {
        /// Where.
        position: Position,
        /// What is wrong with it.
        cause: Impossible,
    },
    /// What was learned could not be kept.
    #[error("{0}")]
    Unkept(String),
    /// The database sent something that is no binary copy of events.
    #[error("the replay stops after position {after}: the database sent rows that are no events ({what})")]
    Malformed {
        /// The last position that was read.
        after: Position,
        /// What was found.
        what: &'static str,
    },
}

impl From<tokio_postgres::Error> for ReplayError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}
