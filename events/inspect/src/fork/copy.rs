//! Writing a fork: the log's rows go from one database to the other as they are, but for their positions and versions,
//! which close up where something is left out and make room where something is put in.

use std::collections::HashMap;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures_util::{SinkExt, TryStreamExt};
use tenfold_core::event::Recorded;
use tenfold_core::ids::Position;
use tenfold_log::database::Client;
use uuid::Uuid;

use super::edits::Edits;
use super::keys;
use tenfold_log::span::Span;
use tenfold_replay::fold::{Counter, ReplayError};
use tenfold_synthetic::since_2000;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// How much goes into one message.
const MESSAGE: usize = 256 * 1024;
/// Where these stand in every row; the columns behind them are whatever the table has.
const FIRST: [&str; 3] = ["position", "stream", "version"];
/// What tells two uses of a command id apart is of no use where no command is carried out, and MACs are of another log.
const LEFT_BEHIND: [&str; 2] = ["digest", "mac"];

/// Copies `span` of the log behind `from` into the empty one behind `to`, with `edits`, and the keys of those who live. What
/// people wrote goes across as it stands, sealed; what is put in stands there in plain text. Both must be of this schema.
///
/// # Errors
/// Where a database fails or sends what is no row.
pub async fn copy(
    from: &Client,
    to: &Client,
    span: Span,
    edits: &Edits,
    counter: &Counter,
) -> Result<Position, ReplayError> {
    let columns = columns(from).await?;
    let list = columns.join(", ");
    let Span { after, until } = span;
    let out = format!(
        "copy (select {list} from event where position > {after} and position <= {until} order by position) \
         to stdout (format binary)"
    );
    let rows = from.copy_out(&out).await?;
    let into = format!("copy event ({list}) from stdin (format binary)");
    let sink = to.copy_in::<_, Bytes>(&into).await?;
    let (mut rows, mut sink) = (std::pin::pin!(rows), std::pin::pin!(sink));
    let mut writing = Writing::new(edits, &columns);
    while let Some(message) = rows.try_next().await? {
        writing.take(&message)?;
        counter.add(1);
        if writing.buffer.len() >= MESSAGE {
            sink.feed(writing.buffer.split().freeze()).await?;
        }
    }
    writing.buffer.put_i16(-1);
    sink.feed(writing.buffer.split().freeze()).await?;
    sink.as_mut().finish().await?;
    if writing.last > Position::START {
        to.execute("select setval('event_position', $1)", &[&writing.last.0])
            .await?;
    }
    keys::copy(from, to).await?;
    Ok(writing.last)
}

/// The table's columns, those that are written anew first.
async fn columns(client: &Client) -> Result<Vec<String>, ReplayError> {
    let select = "select attname::text from pg_attribute where attrelid = 'event'::regclass and attnum > 0 \
                  and not attisdropped and attgenerated = '' order by attnum";
    let rows = client.query(select, &[]).await?;
    let all = rows.iter().map(|row| row.get::<_, String>(0));
    let rest = all.filter(|name| !FIRST.contains(&name.as_str()) && !LEFT_BEHIND.contains(&name.as_str()));
    Ok(FIRST.iter().map(|name| (*name).to_owned()).chain(rest).collect())
}

struct Writing<'a> {
    edits: &'a Edits,
    columns: &'a [String],
    buffer: BytesMut,
    last: Position,
    /// How much higher positions have become.
    shift: i64,
    /// By how much the versions of a stream have changed.
    versions: HashMap<Uuid, i64>,
    /// The last version of each stream into which something is put.
    ends: HashMap<Uuid, i64>,
}

/// The first columns of a row.
struct RowHead {
    position: Position,
    stream: Uuid,
    version: i64,
}

impl<'a> Writing<'a> {
    fn new(edits: &'a Edits, columns: &'a [String]) -> Writing<'a> {
        let mut buffer = BytesMut::from(SIGNATURE);
        buffer.put_u64(0);
        let put_in = edits.inserted.values().flatten().chain(edits.replaced.values());
        let ends = put_in.map(|recorded| (recorded.event.stream().id(), 0)).collect();
        Writing {
            edits,
            columns,
            buffer,
            last: Position::START,
            shift: 0,
            versions: HashMap::new(),
            ends,
        }
    }

    /// Takes one message of the copy: a row, perhaps behind the header, or the end.
    fn take(&mut self, message: &[u8]) -> Result<(), ReplayError> {
        let header = SIGNATURE.len() + 8;
        let row = message
            .strip_prefix(SIGNATURE)
            .map_or(message, |_| message.get(header..).unwrap_or_default());
        if row.len() < 2 || i16::from_be_bytes([row[0], row[1]]) < 0 {
            return Ok(());
        }
        let head = Self::head(row).ok_or(ReplayError::Malformed {
            after: self.last,
            what: "half a row",
        })?;
        if self.edits.skipped.contains(&head.position) {
            *self.versions.entry(head.stream).or_default() -= 1;
        } else if let Some(replaced) = self.edits.replaced.get(&head.position) {
            *self.versions.entry(head.stream).or_default() -= 1;
            self.put(replaced, head.position);
        } else {
            self.pass_on(row, &head);
        }
        for inserted in self.edits.inserted.get(&head.position).into_iter().flatten() {
            self.shift += 1;
            self.put(inserted, head.position);
        }
        Ok(())
    }

    fn head(row: &[u8]) -> Option<RowHead> {
        let mut fields = row.get(2..)?;
        let mut next = |length: usize| {
            let (size, rest) = fields.split_at_checked(4)?;
            let (value, rest) = rest.split_at_checked(length)?;
            fields = rest;
            (size == (length as i32).to_be_bytes()).then_some(value)
        };
        Some(RowHead {
            position: Position(next(8)?.get_i64()),
            stream: Uuid::from_slice(next(16)?).ok()?,
            version: next(8)?.get_i64(),
        })
    }

    fn pass_on(&mut self, row: &[u8], head: &RowHead) {
        let version = head.version + self.versions.get(&head.stream).copied().unwrap_or(0);
        if let Some(end) = self.ends.get_mut(&head.stream) {
            *end = version;
        }
        self.last = Position(head.position.0 + self.shift);
        self.buffer.put_slice(&row[..2]);
        self.value(Some(&self.last.0.to_be_bytes()));
        self.value(Some(head.stream.as_bytes()));
        self.value(Some(&version.to_be_bytes()));
        // Two numbers of 8 bytes and an id of 16, each behind its length.
        self.buffer.put_slice(&row[2 + 3 * 4 + 8 + 16 + 8..]);
    }

    fn put(&mut self, recorded: &Recorded, position: Position) {
        let stream = recorded.event.stream().id();
        let end = self.ends.entry(stream).or_default();
        *end += 1;
        let version = *end;
        *self.versions.entry(stream).or_default() += 1;
        self.last = Position(position.0 + self.shift);
        let placed = Recorded {
            position: self.last,
            version,
            ..recorded.clone()
        };
        self.buffer.put_i16(self.columns.len() as i16);
        for column in self.columns {
            let value = column_of(&placed, column);
            self.value(value.as_deref());
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

/// What stands in that column of the event's row.
fn column_of(recorded: &Recorded, column: &str) -> Option<Vec<u8>> {
    let encoded = recorded.event.encode();
    let id = |id: Uuid| Some(id.as_bytes().to_vec());
    match column {
        "position" => Some(recorded.position.0.to_be_bytes().into()),
        "id" => id(recorded.id.0),
        "stream" => id(recorded.event.stream().id()),
        "version" => Some(recorded.version.to_be_bytes().into()),
        "kind" => Some(encoded.kind.into()),
        "kind_version" => Some(encoded.version.to_be_bytes().into()),
        "command_id" => id(recorded.command.0),
        "ordinal" => Some(recorded.ordinal.to_be_bytes().into()),
        "actor" => recorded.actor.and_then(|actor| id(actor.0)),
        "recipient" => recorded.event.recipient().and_then(id),
        "recorded_at" => Some(since_2000(recorded.at).to_be_bytes().into()),
        "data" => Some(encoded.data.into()),
        "personal" => encoded.personal.map(String::into_bytes),
        _ => None,
    }
}
