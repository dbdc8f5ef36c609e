//! A synthetic log written into an empty database, without its projections: those are made by a rebuild.

use std::collections::HashMap;

use bytes::{BufMut, Bytes, BytesMut};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::SinkExt;
use tenfold_core::event::{Event, Recorded};
use tenfold_core::ids::Position;
use tokio_postgres::{Client, CopyInSink};
use uuid::Uuid;

use tenfold_log::database::DatabaseError;
use tenfold_log::sealing::{DataKey, MasterKey, SealContext};

/// How much goes into one message.
const MESSAGE: usize = 256 * 1024;
const COLUMNS: [&str; 12] = [
    "position",
    "id",
    "stream",
    "version",
    "kind",
    "kind_version",
    "command_id",
    "ordinal",
    "actor",
    "recipient",
    "recorded_at",
    "data",
];

/// Why a log could not be written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// There is one already.
    #[error("the database already holds a log: give an empty one")]
    NotEmpty,
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Writes the events, their personal parts in plain text, and lets positions go on behind the last.
///
/// # Errors
/// Where the database fails, or holds events already.
pub async fn store(client: &Client, log: impl IntoIterator<Item = Recorded>) -> Result<Position, StoreError> {
    write(client, log, &mut Rows::default()).await
}

/// As [`store`], but sealed as a service seals them: at its end only the living have keys.
///
/// # Errors
/// The same.
pub async fn store_sealed(
    client: &Client,
    master: &MasterKey,
    log: impl IntoIterator<Item = Recorded>,
) -> Result<Position, StoreError> {
    let mut rows = Rows {
        keys: Some(HashMap::new()),
        ..Rows::default()
    };
    let last = write(client, log, &mut rows).await?;
    let keys = rows.keys.unwrap_or_default();
    let (accounts, wrapped): (Vec<Uuid>, Vec<Vec<u8>>) = keys
        .iter()
        .map(|(account, key)| (*account, master.wrap(*account, key)))
        .unzip();
    let insert = "insert into tenfold_keys.account (account_id, wrapped) select * from unnest($1::uuid[], $2::bytea[])";
    client.execute(insert, &[&accounts, &wrapped]).await?;
    Ok(last)
}

async fn write(
    client: &Client,
    log: impl IntoIterator<Item = Recorded>,
    rows: &mut Rows,
) -> Result<Position, StoreError> {
    let holds: bool = client.query_one("select exists (select from event)", &[]).await?.get(0);
    if holds {
        return Err(StoreError::NotEmpty);
    }
    let copy = format!(
        "copy event ({}, {}) from stdin (format binary)",
        COLUMNS.join(", "),
        if rows.keys.is_some() { "sealed" } else { "personal" }
    );
    let sink: CopyInSink<Bytes> = client.copy_in(&copy).await?;
    let mut sink = std::pin::pin!(sink);
    rows.buffer.put_slice(b"PGCOPY\n\xff\r\n\0");
    rows.buffer.put_u64(0);
    let mut last = Position::START;
    for recorded in log {
        last = recorded.position;
        rows.push(&recorded);
        if rows.buffer.len() >= MESSAGE {
            sink.feed(rows.buffer.split().freeze()).await?;
        }
    }
    rows.buffer.put_i16(-1);
    sink.feed(rows.buffer.split().freeze()).await?;
    sink.as_mut().finish().await?;
    if last > Position::START {
        client
            .execute("select setval('event_position', $1)", &[&last.0])
            .await?;
    }
    Ok(last)
}

/// Events as a binary `COPY` takes them.
#[derive(Default)]
struct Rows {
    buffer: BytesMut,
    /// Of those who live, where personal parts are to be sealed.
    keys: Option<HashMap<Uuid, DataKey>>,
}

impl Rows {
    fn push(&mut self, recorded: &Recorded) {
        let encoded = recorded.event.encode();
        self.buffer.put_i16(COLUMNS.len() as i16 + 1);
        self.value(Some(&recorded.position.0.to_be_bytes()));
        self.value(Some(recorded.id.0.as_bytes()));
        self.value(Some(recorded.event.stream().id().as_bytes()));
        self.value(Some(&recorded.version.to_be_bytes()));
        self.value(Some(encoded.kind.as_bytes()));
        self.value(Some(&encoded.version.to_be_bytes()));
        self.value(Some(recorded.command.0.as_bytes()));
        self.value(Some(&recorded.ordinal.to_be_bytes()));
        self.value(recorded.actor.as_ref().map(|actor| &actor.0.as_bytes()[..]));
        self.value(
            recorded
                .event
                .recipient()
                .as_ref()
                .map(|recipient| &recipient.as_bytes()[..]),
        );
        self.value(Some(&since_2000(recorded.at).to_be_bytes()));
        self.value(Some(encoded.data.as_bytes()));
        match self.keys.as_mut() {
            None => self.value(encoded.personal.as_ref().map(String::as_bytes)),
            Some(keys) => {
                let sealed = seal(keys, recorded, encoded.personal.as_deref());
                self.value(sealed.as_deref());
            }
        }
    }

    fn value(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => {
                self.buffer.put_i32(bytes.len() as i32);
                self.buffer.put_slice(bytes);
            }
            None => self.buffer.put_i32(-1),
        }
    }
}

/// With the key of the account, which is made with it and goes with it.
fn seal(keys: &mut HashMap<Uuid, DataKey>, recorded: &Recorded, personal: Option<&str>) -> Option<Vec<u8>> {
    let stream = recorded.event.stream().id();
    if matches!(recorded.event, Event::AccountDeleted { .. }) {
        keys.remove(&stream);
    }
    let context = SealContext {
        id: recorded.id.0,
        stream,
        kind: recorded.event.kind(),
    };
    let personal = personal?;
    let key = keys.entry(stream).or_insert_with(DataKey::generate);
    Some(key.seal(context, personal))
}

/// Postgres counts microseconds since the year 2000.
pub fn since_2000(at: DateTime<Utc>) -> i64 {
    const YEAR_2000: i64 = 946_684_800;
    let epoch = DateTime::UNIX_EPOCH + TimeDelta::seconds(YEAR_2000);
    (at - epoch).num_microseconds().unwrap_or(i64::MAX)
}
