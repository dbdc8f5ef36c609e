//! Why a replay stopped.

use tenfold_core::event::{Undecodable, may_make_rows};
use tenfold_core::facts::Impossible;
use tenfold_core::ids::Position;

use tenfold_log::database::DatabaseError;

use super::entry::Damage;

/// Why a replay stopped, or ([`Impossible`](Self::Impossible), [`Undecodable`](Self::Undecodable)) left an event out.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// An event of a newer build, or a damaged one.
    #[error("{cause}")]
    Undecodable {
        /// Where.
        position: Position,
        /// What is wrong with it.
        cause: Undecodable,
    },
    /// An event that cannot have happened after those before it.
    #[error("it cannot have happened after those before it: {cause}")]
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

impl ReplayError {
    /// The event that is to be left out, where the replay can go on without it.
    pub(super) fn into_damage(self) -> Result<Damage, ReplayError> {
        let (ReplayError::Undecodable { position, .. } | ReplayError::Impossible { position, .. }) = self else {
            return Err(self);
        };
        let may_make_rows = match &self {
            ReplayError::Undecodable { cause, .. } => may_make_rows(cause.kind()),
            _ => true,
        };
        Ok(Damage {
            position,
            cause: self.to_string(),
            is_left_out: true,
            may_make_rows,
        })
    }
}

impl From<tokio_postgres::Error> for ReplayError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}
