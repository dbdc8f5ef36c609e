//! Replay: the events of the log in their order, read as fast as the database gives them.
//!
//! The rows come as a binary `COPY` ([`rows`]), are decoded on a thread of their own, and are folded on another, so
//! that the database, the decoding and the folding go on at the same time. What is folded and how is not said here:
//! that is [`tenfold_core::facts::Facts::apply`], the one definition of every projection.

mod error;
mod pipeline;
mod rows;

pub use error::ReplayError;
pub use pipeline::{replay, replay_at, replay_unopened};

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tenfold_core::event::Event;
use tenfold_core::facts::Facts;
use tenfold_core::ids::Position;
use tenfold_log::span::Span;
use tokio_postgres::Client;

use tenfold_log::database::DatabaseError;

/// An event as a fold needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the log.
    pub position: Position,
    /// Its place in its stream.
    pub version: i64,
    /// What happened.
    pub event: Event,
}

/// How many events a replay has been through, for whoever shows it to a person.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// How many by now.
    pub fn events(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// So many more.
    pub fn add(&self, events: u64) {
        self.0.fetch_add(events, Ordering::Relaxed);
    }
}

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
    /// [`ReplayError::Impossible`] with its position.
    pub fn fold(&mut self, entry: &Entry) -> Result<(), ReplayError> {
        let Entry {
            position,
            version,
            ref event,
        } = *entry;
        self.facts
            .fold(position, version, event)
            .map_err(|cause| ReplayError::Impossible { position, cause })?;
        self.position = position;
        Ok(())
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
