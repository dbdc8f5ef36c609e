//! The fold over a part of the log.

use tenfold_core::facts::Facts;
use tenfold_core::ids::Position;
use tenfold_log::database::{Client, DatabaseError};
use tenfold_log::span::Span;

use super::entry::{Counter, Entry};
use super::error::ReplayError;
use super::pipeline::replay;

/// What a fold has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// All rows.
    pub facts: Facts,
    /// The position of the last event folded in; 0 before the first.
    pub position: Position,
}

impl Folded {
    /// Folds the next event in.
    ///
    /// # Errors
    /// [`ReplayError::Impossible`] with its position; the rows are then unchanged.
    pub fn fold(&mut self, entry: &Entry) -> Result<(), ReplayError> {
        let Entry {
            position,
            version,
            ref event,
        } = *entry;
        self.position = position;
        self.facts
            .fold(position, version, event)
            .map_err(|cause| ReplayError::Impossible { position, cause })
    }
}

/// Folds a part of the log into `folded`, which holds what was before it.
///
/// # Errors
/// Where the log cannot be read, or an event in it cannot be.
pub async fn fold(client: &Client, span: Span, folded: Folded, counter: &Counter) -> Result<Folded, ReplayError> {
    replay(client, span, folded, counter, |folded, entry| folded.fold(entry)).await
}

/// Makes a connection fit for long reading: no timeout of the server's ends it, and the log is read along its
/// primary key, for a sort would come before the first row.
///
/// # Errors
/// Where the database fails.
pub async fn prepare(client: &Client) -> Result<(), DatabaseError> {
    let settings = "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set enable_sort = off; \
                    set max_parallel_workers_per_gather = 0";
    Ok(client.batch_execute(settings).await?)
}
