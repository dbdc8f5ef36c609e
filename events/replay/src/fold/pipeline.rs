//! The three stages of a replay: the connection's messages, their decoding, and what is done with them.

use std::collections::BTreeSet;

use bytes::Bytes;
use futures_util::TryStreamExt;
use tenfold_log::database::Client;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use uuid::Uuid;

use super::entry::{Counter, Entry};
use super::error::ReplayError;
use super::rows;
use tenfold_core::ids::Position;
use tenfold_log::sealing::Keys;
use tenfold_log::span::Span;

/// How many events go from one stage to the next at once: handing over costs next to nothing beside them.
const BATCH: usize = 1024;
/// How many batches may wait for a stage; what bounds the memory.
const WAITING: usize = 8;
/// How many positions stand in one statement.
const CHOSEN: usize = 20_000;

/// Takes every event of `span` in order through `each`, which keeps what it learns in `state`. An event that
/// cannot be read, or that `each` finds impossible (it must have changed nothing then), is left out and noted in `counter`.
/// Personal parts come opened, or as what stands for them.
///
/// The log must be complete up to `span`'s end (see [`bound`](tenfold_log::span::bound)), or be read in a snapshot that `client` is in:
/// the keys are looked up first, and an account that is younger than they would seem to be erased.
///
/// # Errors
/// The database's, and what `each` fails with.
pub async fn replay<S, F>(client: &Client, span: Span, state: S, counter: &Counter, each: F) -> Result<S, ReplayError>
where
    S: Send + 'static,
    F: FnMut(&mut S, &Entry) -> Result<(), ReplayError> + Send + 'static,
{
    let keys = Keys::of_span(client, span).await?;
    run(client, &rows::statement(span), (span.after, keys), state, counter, each).await
}

/// [`replay`] for whoever has no use for what people wrote or are called: what is sealed is not opened, and reads as erased.
///
/// # Errors
/// The same.
pub async fn replay_unopened<S, F>(
    client: &Client,
    span: Span,
    state: S,
    counter: &Counter,
    each: F,
) -> Result<S, ReplayError>
where
    S: Send + 'static,
    F: FnMut(&mut S, &Entry) -> Result<(), ReplayError> + Send + 'static,
{
    let nothing = (span.after, Keys::default());
    run(client, &rows::statement(span), nothing, state, counter, each).await
}

/// [`replay`] of the events at these positions alone, which ascend; beside each, whose stream it is in, so that no key need
/// be looked for in the log. Positions where no event is are left out.
///
/// # Errors
/// The same.
pub async fn replay_at<S, F>(
    client: &Client,
    chosen: &[(Position, Uuid)],
    mut state: S,
    each: F,
) -> Result<S, ReplayError>
where
    S: Send + 'static,
    F: FnMut(&mut S, &Entry) -> Result<(), ReplayError> + Send + Clone + 'static,
{
    for part in chosen.chunks(CHOSEN) {
        let accounts: BTreeSet<Uuid> = part.iter().map(|(_, account)| *account).collect();
        let keys = Keys::of(client, &accounts.into_iter().collect::<Vec<Uuid>>()).await?;
        let positions: Vec<Position> = part.iter().map(|(position, _)| *position).collect();
        let (statement, counter) = (rows::statement_at(&positions), Counter::default());
        let begin = (Position::START, keys);
        state = run(client, &statement, begin, state, &counter, each.clone()).await?;
    }
    Ok(state)
}

async fn run<S, F>(
    client: &Client,
    statement: &str,
    (after, keys): (Position, Keys),
    state: S,
    counter: &Counter,
    each: F,
) -> Result<S, ReplayError>
where
    S: Send + 'static,
    F: FnMut(&mut S, &Entry) -> Result<(), ReplayError> + Send + 'static,
{
    let copy = client.copy_out(statement).await?;
    let (raw_sender, raw) = channel(WAITING);
    let (entry_sender, entries) = channel(WAITING);
    let counter = counter.clone();
    let noted = counter.clone();
    let decoding = tokio::task::spawn_blocking(move || decode(raw, &entry_sender, (after, keys), &noted));
    let taking = tokio::task::spawn_blocking(move || take(entries, state, &counter, each));
    let received = receive(copy, raw_sender).await;
    // The first stage that fails makes those before it end early and those behind it go short: its error counts.
    let decoded = joined(decoding.await);
    let taken = joined(taking.await)?;
    decoded?;
    received?;
    Ok(taken)
}

async fn receive(copy: tokio_postgres::CopyOutStream, sender: Sender<Vec<Bytes>>) -> Result<(), ReplayError> {
    let mut batches = std::pin::pin!(copy.try_chunks(BATCH));
    loop {
        match batches.try_next().await {
            Ok(Some(batch)) => {
                if sender.send(batch).await.is_err() {
                    return Ok(());
                }
            }
            Ok(None) => return Ok(()),
            Err(error) => return Err(error.1.into()),
        }
    }
}

fn decode(
    mut raw: Receiver<Vec<Bytes>>,
    sender: &Sender<Vec<Entry>>,
    (mut after, mut keys): (Position, Keys),
    counter: &Counter,
) -> Result<(), ReplayError> {
    while let Some(batch) = raw.blocking_recv() {
        let mut entries = Vec::with_capacity(batch.len());
        let decoded: Result<(), ReplayError> = batch.iter().try_for_each(|message| {
            match rows::entry(message, after, &mut keys, counter) {
                Ok(Some(entry)) => {
                    after = entry.position;
                    entries.push(entry);
                }
                Ok(None) => {}
                Err(error) => left_out(error, counter)?,
            }
            Ok(())
        });
        if sender.blocking_send(entries).is_err() {
            return Ok(());
        }
        decoded?;
    }
    Ok(())
}

fn take<S>(
    mut entries: Receiver<Vec<Entry>>,
    mut state: S,
    counter: &Counter,
    mut each: impl FnMut(&mut S, &Entry) -> Result<(), ReplayError>,
) -> Result<S, ReplayError> {
    while let Some(batch) = entries.blocking_recv() {
        batch
            .iter()
            .try_for_each(|entry| each(&mut state, entry).or_else(|error| left_out(error, counter)))?;
        counter.add(batch.len() as u64);
    }
    Ok(state)
}

/// An event that cannot be read, or cannot have happened, is noted, and the replay goes on without it.
fn left_out(error: ReplayError, counter: &Counter) -> Result<(), ReplayError> {
    counter.damaged(error.into_damage()?);
    Ok(())
}

fn joined<T>(joined: Result<T, tokio::task::JoinError>) -> T {
    match joined {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
