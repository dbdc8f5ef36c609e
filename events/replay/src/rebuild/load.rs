//! Rows copied into the shadow tables.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::SinkExt;
use tenfold_core::facts::Facts;
use tokio::sync::mpsc::{Receiver, channel};
use tokio_postgres::{Client, CopyInSink};

use super::RebuildError;
use super::encode::{Projected, encode};
use super::shadow;
use crate::fold;
use tenfold_log::database::Database;
use tenfold_log::operational::rebuild_tables::SHADOW;

/// How many messages may wait to be sent; what bounds the memory.
const WAITING: usize = 4;

/// Writes all rows of all projections and then makes the indexes, the posts beside all others: they are most.
pub(super) async fn load(database: &Database, client: &Client, facts: &Arc<Facts>) -> Result<(), RebuildError> {
    let beside = database.connect("rebuild").await?;
    fold::prepare(&beside).await?;
    let others = async {
        load_table(client, facts, |facts, send| encode(facts.accounts(), send)).await?;
        load_table(client, facts, |facts, send| encode(facts.sessions(), send)).await?;
        load_table(client, facts, |facts, send| encode(facts.seats(), send)).await?;
        load_table(client, facts, |facts, send| encode(facts.pairs(), send)).await?;
        load_table(client, facts, |facts, send| encode(facts.groups(), send)).await?;
        load_table(client, facts, |facts, send| encode(facts.memberships(), send)).await?;
        load_table(client, facts, |facts, send| encode(facts.instances(), send)).await
    };
    let posts = load_table(&beside, facts, |facts, send| encode(facts.posts(), send));
    tokio::try_join!(posts, others).map(drop)
}

/// Tells which rows of all facts a table has, and sends them as messages of a copy; answers with the table.
type Encode = fn(&Facts, &mut dyn FnMut(Bytes) -> bool) -> Table;

/// A table and its columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    name: &'static str,
    columns: &'static [&'static str],
}

impl Table {
    pub(super) fn of<T: Projected>() -> Table {
        Table {
            name: T::TABLE,
            columns: T::COLUMNS,
        }
    }

    fn copy(self) -> String {
        format!(
            "copy {SHADOW}.{} ({}) from stdin (format binary)",
            self.name,
            self.columns.join(", ")
        )
    }
}

async fn load_table(client: &Client, facts: &Arc<Facts>, encode: Encode) -> Result<(), RebuildError> {
    let table = encode(&Facts::default(), &mut |_| true);
    let (sender, messages) = channel(WAITING);
    let facts = Arc::clone(facts);
    // On a thread of its own, so that rows are made while others are sent. It ends when nobody takes them any more.
    let encoding = tokio::task::spawn_blocking(move || {
        encode(&facts, &mut |message| sender.blocking_send(message).is_ok());
    });
    let copied = copy_in(client, table, messages).await;
    if let Err(error) = encoding.await {
        std::panic::resume_unwind(error.into_panic());
    }
    copied?;
    shadow::finish(client, table.name).await
}

async fn copy_in(client: &Client, table: Table, mut messages: Receiver<Bytes>) -> Result<(), RebuildError> {
    let sink: CopyInSink<Bytes> = client.copy_in(&table.copy()).await?;
    let mut sink = std::pin::pin!(sink);
    while let Some(message) = messages.recv().await {
        sink.feed(message).await?;
    }
    sink.as_mut().finish().await?;
    Ok(())
}

/// A few rows that are all there already.
pub(super) struct Batch {
    table: Table,
    messages: Vec<Bytes>,
}

impl Batch {
    /// Of these rows; nothing where there are none.
    pub(super) fn of<'a, T: Projected + 'a>(rows: impl Iterator<Item = &'a T>) -> Option<Batch> {
        let mut rows = rows.peekable();
        rows.peek()?;
        let mut messages = Vec::new();
        let table = encode(rows, &mut |message| {
            messages.push(message);
            true
        });
        Some(Batch { table, messages })
    }

    /// Adds them to the shadow table.
    pub(super) async fn copy_in(self, client: &Client) -> Result<(), RebuildError> {
        let sink: CopyInSink<Bytes> = client.copy_in(&self.table.copy()).await?;
        let mut sink = std::pin::pin!(sink);
        for message in self.messages {
            sink.feed(message).await?;
        }
        sink.as_mut().finish().await?;
        Ok(())
    }
}
