//! Rows copied into the shadow tables.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::SinkExt;
use tenfold_core::facts::{Facts, Post, Projection};
use tenfold_log::database::Database;
use tenfold_log::for_projection;
use tenfold_log::operational::rebuild_tables::SHADOW;
use tenfold_log::projection::{Stored, Table};
use tokio::sync::mpsc::{Receiver, channel};
use tokio_postgres::{Client, CopyInSink};

use super::encode::encode;
use super::error::RebuildError;
use super::shadow;
use crate::fold;

/// How many messages may wait to be sent; what bounds the memory.
const WAITING: usize = 4;

/// Writes all rows of all projections and then makes the indexes, the posts beside all others: they are most.
pub(super) async fn load(database: &Database, client: &Client, facts: &Arc<Facts>) -> Result<(), RebuildError> {
    let beside = database.connect("rebuild").await?;
    fold::prepare(&beside).await?;
    let others = async {
        for projection in Projection::ALL
            .into_iter()
            .filter(|projection| *projection != Projection::Post)
        {
            for_projection!(projection, Row => load_table::<Row>(client, facts).await?);
        }
        Ok(())
    };
    tokio::try_join!(load_table::<Post>(&beside, facts), others).map(drop)
}

fn copy_statement<Row: Stored>() -> String {
    let columns = Table::of_rows::<Row>().column_names();
    format!("copy {SHADOW}.{} ({columns}) from stdin (format binary)", Row::TABLE)
}

async fn load_table<Row: Stored>(client: &Client, facts: &Arc<Facts>) -> Result<(), RebuildError> {
    let (sender, messages) = channel(WAITING);
    let facts = Arc::clone(facts);
    // On a thread of its own, so that rows are made while others are sent. It ends when nobody takes them any more.
    let encoding = tokio::task::spawn_blocking(move || {
        encode(Row::all(&facts), &mut |message| sender.blocking_send(message).is_ok());
    });
    let copied = copy_in(client, &copy_statement::<Row>(), messages).await;
    if let Err(error) = encoding.await {
        std::panic::resume_unwind(error.into_panic());
    }
    copied?;
    shadow::finish(client, Row::TABLE).await
}

async fn copy_in(client: &Client, statement: &str, mut messages: Receiver<Bytes>) -> Result<(), RebuildError> {
    let sink: CopyInSink<Bytes> = client.copy_in(statement).await?;
    let mut sink = std::pin::pin!(sink);
    while let Some(message) = messages.recv().await {
        sink.feed(message).await?;
    }
    sink.as_mut().finish().await?;
    Ok(())
}

/// Adds a few rows to the shadow table.
pub(super) async fn add<'a, Row: Stored>(
    client: &Client,
    rows: impl Iterator<Item = &'a Row>,
) -> Result<(), RebuildError> {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    let mut messages = Vec::new();
    encode(rows, &mut |message| {
        messages.push(message);
        true
    });
    let sink: CopyInSink<Bytes> = client.copy_in(&copy_statement::<Row>()).await?;
    let mut sink = std::pin::pin!(sink);
    for message in messages {
        sink.feed(message).await?;
    }
    sink.as_mut().finish().await?;
    Ok(())
}
