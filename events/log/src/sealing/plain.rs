//! Sealing what stands in the log as plain text: written by a build that did not seal, or put there from outside.

use std::collections::{BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use super::data_key::Place;
use super::keys::{Keys, Unsealable};
use crate::database::{Client, DatabaseError};

/// The advisory lock of the one server that does it; below the keys of announcements.
const LOCK: i64 = -7_310_004;
/// How many events are sealed in one transaction.
const AT_ONCE: i64 = 1000;
/// How many events are sealed between two signs of life in the trace.
const TOLD: u64 = 100_000;

/// Why it could not be done. What was sealed by then stays sealed; the next start goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum PlainError {
    /// The database failed.
    #[error("what people wrote with an earlier version could not be sealed: {0}")]
    Database(#[from] DatabaseError),
    /// The keys cannot be unwrapped.
    #[error("what people wrote with an earlier version could not be sealed: {0}")]
    Key(#[from] Unsealable),
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
///
/// # Errors
/// [`PlainError`].
pub async fn seal_all(client: &Client) -> Result<u64, PlainError> {
    client.execute("select pg_advisory_lock($1)", &[&LOCK]).await?;
    let sealed = seal_batches(client).await;
    if sealed.is_err() {
        client.batch_execute("rollback").await?;
    }
    client.execute("select pg_advisory_unlock($1)", &[&LOCK]).await?;
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
        if sealed / TOLD > before / TOLD {
            tracing::info!(events = sealed, "sealed so far");
        }
    }
}

async fn read(client: &Client) -> Result<Vec<Plain>, PlainError> {
    let select = "select position, id, stream, kind, personal::text from event where personal is not null
                   order by position limit $1 for update";
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
        let place = Place {
            id: event.id,
            stream: event.stream,
            kind: &event.kind,
        };
        let key = keys.get(event.stream)?;
        columns.0.push(event.position);
        columns.1.push(key.map(|key| key.seal(place, &event.personal)));
    }
    let update = "update event e set sealed = new.sealed, personal = null
                    from unnest($1::bigint[], $2::bytea[]) as new(position, sealed) where e.position = new.position";
    client.execute(update, &[&columns.0, &columns.1]).await?;
    Ok(())
}

/// Asked of the log, not of the projections: those may be damaged, and what is taken for deleted is lost.
async fn deleted(client: &Client, accounts: &[Uuid]) -> Result<HashSet<Uuid>, PlainError> {
    let select = "select a.id from unnest($1::uuid[]) as a(id) cross join lateral
                         (select kind from event where stream = a.id order by version desc limit 1) as last
                   where last.kind = 'AccountDeleted'";
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
