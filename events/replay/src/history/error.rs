//! Why there is no history.

use std::io;
use std::path::{Path, PathBuf};

use tenfold_core::ids::Position;
use tenfold_core::words::without_code;

use crate::fold::ReplayError;
use tenfold_log::database::DatabaseError;

/// Why the history cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The log cannot be read.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The index's folder or a file in it cannot be read or written.
    #[error(
        "the history index {path} cannot be read or written ({cause}); see to its rights and to the space there, or give another --home DIR"
    )]
    Folder {
        /// Which file or folder.
        path: PathBuf,
        /// In the system's words.
        cause: String,
    },
    /// A file of the index is not as it was written. Whoever opens the history makes it anew.
    #[error("the history index {path} is damaged; remove it, and it is made anew from the log")]
    Damaged {
        /// Which file.
        path: PathBuf,
    },
    /// Another process is at it and does not end.
    #[error(
        "another bin/events has been making the history index {path} for {minutes} minutes; wait for it or end it, and try again"
    )]
    Locked {
        /// Which folder.
        path: PathBuf,
        /// For how long we have waited.
        minutes: u64,
    },
    /// The index does not go that far.
    #[error("position {wanted} is beyond the end of the history, which is {end}; give one that is not above it")]
    BeyondEnd {
        /// What was asked for.
        wanted: Position,
        /// How far it goes.
        end: Position,
    },
    /// There are more rows than the index has numbers for.
    #[error("the log is too long for the history index, which has room for four billion row versions")]
    Full,
}

impl HistoryError {
    /// For `map_err`: what the system refused is at `path`.
    pub(super) fn folder(path: &Path) -> impl FnOnce(io::Error) -> HistoryError {
        move |error| HistoryError::Folder {
            path: path.into(),
            cause: without_code(&error.to_string()),
        }
    }

    /// The file at `path` is not as it was written.
    pub(super) fn damaged(path: &Path) -> HistoryError {
        HistoryError::Damaged { path: path.into() }
    }
}

impl From<DatabaseError> for HistoryError {
    fn from(error: DatabaseError) -> Self {
        Self::Replay(error.into())
    }
}

impl From<tokio_postgres::Error> for HistoryError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Replay(error.into())
    }
}
