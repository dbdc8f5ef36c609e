//! The rows of the log as they are stored, all columns, in a binary `COPY`.

use tenfold_core::ids::Position;
use tokio_postgres::binary_copy::{BinaryCopyOutRow, BinaryCopyOutStream};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

use super::mac::{EventColumns, LogKey, placed};
use crate::span::Span;

/// The time comes as a number: microseconds since 2000, as it is stored.
const TYPES: [Type; 16] = [
    Type::INT8,
    Type::UUID,
    Type::UUID,
    Type::INT8,
    Type::TEXT,
    Type::INT2,
    Type::UUID,
    Type::INT2,
    Type::INT8,
    Type::UUID,
    Type::UUID,
    Type::TEXT,
    Type::TEXT,
    Type::BYTEA,
    Type::INT8,
    Type::BYTEA,
];
/// The table's columns in that order.
const COLUMNS: [&str; 16] = [
    "position",
    "id",
    "stream",
    "version",
    "kind",
    "kind_version",
    "command_id",
    "ordinal",
    "digest",
    "actor",
    "recipient",
    "data",
    "personal",
    "sealed",
    "recorded_at",
    "mac",
];

/// An event as it is stored.
pub(super) struct StoredEvent<'a> {
    pub position: i64,
    /// Microseconds since 2000.
    pub at: i64,
    pub columns: EventColumns<'a>,
    pub mac: Option<&'a [u8]>,
}

/// The events of `span`, in order; each is read with [`StoredEvent::read`].
pub(super) async fn read(client: &Client, span: Span) -> Result<BinaryCopyOutStream, Error> {
    let columns = COLUMNS.map(|name| match name {
        "data" | "personal" => format!("{name}::text"),
        name => name.to_owned(),
    });
    let Span { after, until } = span;
    let copy = format!(
        "copy (select {} from event where position > {after} and position <= {until} order by position) to stdout (format binary)",
        columns.join(", ")
    );
    Ok(BinaryCopyOutStream::new(client.copy_out(&copy).await?, &TYPES))
}

impl<'a> StoredEvent<'a> {
    pub fn read(row: &'a BinaryCopyOutRow) -> Result<StoredEvent<'a>, Error> {
        Ok(StoredEvent {
            position: row.try_get(0)?,
            at: row.try_get(14)?,
            columns: EventColumns {
                id: row.try_get(1)?,
                stream: row.try_get(2)?,
                version: row.try_get(3)?,
                kind: row.try_get(4)?,
                kind_version: row.try_get(5)?,
                command: row.try_get(6)?,
                ordinal: row.try_get(7)?,
                digest: row.try_get(8)?,
                actor: row.try_get(9)?,
                recipient: row.try_get(10)?,
                data: row.try_get(11)?,
                personal: row.try_get(12)?,
                sealed: row.try_get(13)?,
            },
            mac: row.try_get(15)?,
        })
    }

    /// What a checkpoint's digest has of it: its MAC, or, where it has none, one that stands for its columns.
    pub fn digested(&self, key: &LogKey) -> Vec<u8> {
        match self.mac {
            Some(mac) => mac.to_vec(),
            None => placed(&key.event(None, &self.columns), self.position, self.at).to_vec(),
        }
    }

    pub fn place(&self) -> Position {
        Position(self.position)
    }
}
