//! Sealing what is in the log as plain text: written by a build that did not seal, or put there from outside.

use std::collections::{BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use super::data_key::SealContext;
use super::keys::{Keys, UnsealableError};
use crate::database::{Client, DatabaseError};
use crate::locks;

/// How many events are sealed in one transaction.
const AT_ONCE: i64 = 1000;
/// How many events are sealed between two signs of life in the trace.
const PROGRESS: u64 = 100_000;

/// Why it could not be done. What was sealed by then stays sealed; the next start goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum PlainError {
    /// The database failed.
    #[error("what people wrote with an earlier version could not be sealed: {0}")]
    Database(#[from] DatabaseError),
    /// The keys cannot be unwrapped.
    #[error("what people wrote with an earlier version could not be sealed: {0}")]
    Key(#[from] UnsealableError),
}

impl From<tokio_postgres::Error> for PlainError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}

/// An event with a personal part in plain text.
struct Plain {
    position: i64,
    id: Uuid,
    stream: Uuid,
    kind: String,
    personal: String,
}

/// Seals the personal part of every event that has it in plain text; that of deleted accounts is removed. How many there
/// were. May be broken off at any moment and begun again. Nobody should append meanwhile.
pub async fn seal_all(client: &Client) -> Result<u64, PlainError> {
    client.batch_execute(locks::LEASE).await?;
    client
        .execute("select pg_advisory_lock($1)", &[&locks::SEALING])
        .await?;
    let sealed = seal_batches(client).await;
    if sealed.is_err() {
        client.batch_execute("rollback").await?;
    }
    client
        .execute("select pg_advisory_unlock($1)", &[&locks::SEALING])
        .await?;
    sealed
}

async fn seal_batches(client: &Client) -> Result<u64, PlainError> {
    let mut sealed = 0;
    loop {
        client.batch_execute("begin").await?;
        let events = read(client).await?;
        if events.is_empty() {
            client.batch_execute("commit").await?;
            return Ok(sealed);
        }
        if sealed == 0 {
            tracing::info!("sealing what people wrote with an earlier version");
        }
        seal(client, &events).await?;
        client.batch_execute("commit").await?;
        let before = sealed;
        sealed += events.len() as u64;
        if sealed / PROGRESS > before / PROGRESS {
            tracing::info!(events = sealed, "sealed so far");
        }
    }
}

async fn read(client: &Client) -> Result<Vec<Plain>, PlainError> {
    let select = include_str!("../../sql/sealing/plain_events.sql");
    let rows = client.query(select, &[&AT_ONCE]).await?;
    let plain = |row: &tokio_postgres::Row| Plain {
        position: row.get(0),
        id: row.get(1),
        stream: row.get(2),
        kind: row.get(3),
        personal: row.get(4),
    };
    Ok(rows.iter().map(plain).collect())
}

async fn seal(client: &Client, events: &[Plain]) -> Result<(), PlainError> {
    let accounts: BTreeSet<Uuid> = events.iter().map(|event| event.stream).collect();
    let accounts = Vec::from_iter(accounts);
    let deleted = deleted(client, &accounts).await?;
    let mut keys = keys_of_the_living(client, &accounts, &deleted).await?;
    let mut columns: (Vec<i64>, Vec<Option<Vec<u8>>>) = Default::default();
    for event in events {
        let context = SealContext {
            id: event.id,
            stream: event.stream,
            kind: &event.kind,
        };
        let key = keys.get(event.stream)?;
        columns.0.push(event.position);
        columns.1.push(key.map(|key| key.seal(context, &event.personal)));
    }
    let update = include_str!("../../sql/sealing/seal_events.sql");
    client.execute(update, &[&columns.0, &columns.1]).await?;
    Ok(())
}

/// Asked of the log, not of the projections: those may be damaged, and what is taken for deleted is lost.
async fn deleted(client: &Client, accounts: &[Uuid]) -> Result<HashSet<Uuid>, PlainError> {
    let select = include_str!("../../sql/sealing/deleted_accounts.sql");
    let rows = client.query(select, &[&accounts]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Makes those that are missing.
async fn keys_of_the_living(client: &Client, accounts: &[Uuid], deleted: &HashSet<Uuid>) -> Result<Keys, PlainError> {
    let mut keys = Keys::of(client, accounts).await?;
    let mut made = HashMap::new();
    for account in accounts.iter().filter(|account| !deleted.contains(account)) {
        if keys.get(*account)?.is_none() {
            made.insert(*account, keys.generate(*account)?);
        }
    }
    let (accounts, wrapped): (Vec<Uuid>, Vec<Vec<u8>>) = made.into_iter().unzip();
    let insert = "insert into tenfold_keys.account (account_id, wrapped) select * from unnest($1::uuid[], $2::bytea[])";
    client.execute(insert, &[&accounts, &wrapped]).await?;
    Ok(keys)
}
