//! Checkpoints: what the log was when it was signed.

use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use tenfold_core::ids::Position;
use tokio::time::Instant;
use tokio_postgres::Row;

use super::mac::LogKey;
use super::pace::Pace;
use super::rows::{self, StoredEvent};
use crate::database::{Client, DatabaseError};
use crate::locks;
use crate::span::{Span, high_water_mark};

/// How many events one checkpoint covers at most: what is wrong is told as being among these.
const MOST: i64 = 10_000;

/// What the log was up to a position, signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Of the last event that it covers; 0 where there was none yet.
    pub position: Position,
    /// How many events there are up to it.
    pub events: i64,
    /// Every event above this position has a MAC.
    pub(super) macs_after: i64,
    /// SHA-256 over position and MAC of each event since the checkpoint before.
    pub(super) digest: Vec<u8>,
    /// Keyed, over all of this and the signature before.
    pub signature: Vec<u8>,
}

impl Checkpoint {
    pub(super) fn read(row: &Row) -> Checkpoint {
        Checkpoint {
            position: Position(row.get(0)),
            events: row.get(1),
            macs_after: row.get(2),
            digest: row.get(3),
            signature: row.get(4),
        }
    }

    /// Its signature, as it must be behind a checkpoint with the signature `before` (nothing, where it is the first).
    pub(super) fn signed(&self, key: &LogKey, before: &[u8]) -> [u8; 32] {
        key.checkpoint(&[
            before,
            &self.position.0.to_be_bytes(),
            &self.events.to_be_bytes(),
            &self.macs_after.to_be_bytes(),
            &self.digest,
        ])
    }
}

/// Signs what no checkpoint covers yet, up to where the log is complete; the newest checkpoint there is then. Nothing is signed without a master
/// key, while another server is at it, or before the log's first checkpoint while a server of an earlier version still appends.
///
/// # Errors
/// The database's.
pub async fn sign(client: &Client) -> Result<Option<Checkpoint>, DatabaseError> {
    let newest = newest(client).await?;
    let Some(key) = LogKey::of(client) else {
        return Ok(newest);
    };
    let lock = "select pg_try_advisory_lock($1)";
    if !client.query_one(lock, &[&locks::CHECKPOINT]).await?.get::<_, bool>(0) {
        return Ok(newest);
    }
    let signed = sign_the_rest(client, &key).await;
    client
        .execute("select pg_advisory_unlock($1)", &[&locks::CHECKPOINT])
        .await?;
    signed
}

/// Whether the log has any checkpoint: before its first one there is little to compare it with.
///
/// # Errors
/// The database's.
pub async fn is_signed(client: &Client) -> Result<bool, DatabaseError> {
    Ok(newest(client).await?.is_some())
}

async fn newest(client: &Client) -> Result<Option<Checkpoint>, DatabaseError> {
    let select = include_str!("../../sql/integrity/newest_checkpoint.sql");
    Ok(client.query_opt(select, &[]).await?.as_ref().map(Checkpoint::read))
}

async fn sign_the_rest(client: &Client, key: &LogKey) -> Result<Option<Checkpoint>, DatabaseError> {
    let until = high_water_mark(client).await?;
    let mut newest = newest(client).await?;
    let macs_after = match &newest {
        Some(newest) => newest.macs_after,
        None if without_macs_lately(client).await? => return Ok(None),
        None => until.0,
    };
    loop {
        let after = newest.as_ref().map_or(Position::START, |newest| newest.position);
        let begun = Instant::now();
        let part = Part::read(client, key, Span { after, until }).await?;
        let is_full = part.events == MOST;
        if part.events == 0 && newest.is_some() {
            return Ok(newest);
        }
        let mut next = Checkpoint {
            position: part.last.unwrap_or(after),
            events: newest.as_ref().map_or(0, |newest| newest.events) + part.events,
            macs_after,
            digest: part.digest,
            signature: Vec::new(),
        };
        let before = newest.map(|newest| newest.signature).unwrap_or_default();
        next.signature = next.signed(key, &before).to_vec();
        put(client, &next).await?;
        newest = Some(next);
        if is_full {
            Pace::Background.rest(begun).await;
        }
    }
}

async fn without_macs_lately(client: &Client) -> Result<bool, DatabaseError> {
    let select = include_str!("../../sql/integrity/without_macs_lately.sql");
    Ok(client.query_one(select, &[]).await?.get(0))
}

async fn put(client: &Client, next: &Checkpoint) -> Result<(), DatabaseError> {
    let Checkpoint {
        position,
        events,
        macs_after,
        digest,
        signature,
    } = next;
    let insert = include_str!("../../sql/integrity/put_checkpoint.sql");
    client
        .execute(insert, &[&position.0, events, macs_after, digest, signature])
        .await?;
    Ok(())
}

/// The events that the next checkpoint covers.
struct Part {
    events: i64,
    last: Option<Position>,
    digest: Vec<u8>,
}

impl Part {
    async fn read(client: &Client, key: &LogKey, span: Span) -> Result<Part, DatabaseError> {
        let select = include_str!("../../sql/integrity/part.sql");
        let row = client.query_one(select, &[&span.after.0, &span.until.0, &MOST]).await?;
        let (events, with_mac): (i64, i64) = (row.get(0), row.get(1));
        let last = row.get::<_, Option<i64>>(2).map(Position);
        let digest = match last {
            Some(until) if with_mac < events => digest(client, key, Span { until, ..span }).await?,
            _ => row.get(3),
        };
        Ok(Part { events, last, digest })
    }
}

/// As the statement makes it, where there are events without MACs among them.
async fn digest(client: &Client, key: &LogKey, span: Span) -> Result<Vec<u8>, DatabaseError> {
    let mut digest = Sha256::new();
    let mut rows = std::pin::pin!(rows::read(client, span).await?);
    while let Some(row) = rows.try_next().await? {
        let event = StoredEvent::read(&row)?;
        digest.update(event.position.to_be_bytes());
        digest.update(event.digested(key));
    }
    Ok(digest.finalize().to_vec())
}
