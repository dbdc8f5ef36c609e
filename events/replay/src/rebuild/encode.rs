//! Rows as a binary `COPY` takes them.

use bytes::{BufMut, Bytes, BytesMut};
use tenfold_core::facts::{Account, Group, Instance, Membership, Pair, PairState, Post, Seat, Session};
use uuid::Uuid;

use super::load::Table;

/// How much goes into one message.
const MESSAGE: usize = 256 * 1024;

/// A row of a projection: its table, the columns, and how their values are written.
pub(super) trait Projected {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];

    /// Writes as many values as there are columns, in their order.
    fn write(&self, row: &mut Rows);
}

/// Sends `rows` as the messages of one copy, until `send` says that nobody takes them. Answers with their table.
pub(super) fn encode<'a, T: Projected + 'a>(
    rows: impl Iterator<Item = &'a T>,
    send: &mut dyn FnMut(Bytes) -> bool,
) -> Table {
    let mut encoded = Rows::default();
    encoded.buffer.put_slice(b"PGCOPY\n\xff\r\n\0");
    // No flags, no extension.
    encoded.buffer.put_u64(0);
    for row in rows {
        encoded.push(row);
        if encoded.buffer.len() >= MESSAGE && !send(encoded.take()) {
            return Table::of::<T>();
        }
    }
    // The trailer.
    encoded.buffer.put_i16(-1);
    send(encoded.take());
    Table::of::<T>()
}

/// Rows on their way.
#[derive(Default)]
pub(super) struct Rows {
    buffer: BytesMut,
}

impl Rows {
    fn push<T: Projected>(&mut self, row: &T) {
        self.buffer.put_i16(T::COLUMNS.len() as i16);
        row.write(self);
    }

    fn take(&mut self) -> Bytes {
        self.buffer.split().freeze()
    }

    fn value(&mut self, bytes: &[u8]) -> &mut Rows {
        self.buffer.put_i32(bytes.len() as i32);
        self.buffer.put_slice(bytes);
        self
    }

    fn id(&mut self, id: Uuid) -> &mut Rows {
        self.value(id.as_bytes())
    }

    fn bigint(&mut self, number: i64) -> &mut Rows {
        self.value(&number.to_be_bytes())
    }

    fn integer(&mut self, number: i32) -> &mut Rows {
        self.value(&number.to_be_bytes())
    }

    fn smallint(&mut self, number: u16) -> &mut Rows {
        self.value(&number.to_be_bytes())
    }

    fn text(&mut self, text: &str) -> &mut Rows {
        self.value(text.as_bytes())
    }

    fn null(&mut self) -> &mut Rows {
        self.buffer.put_i32(-1);
        self
    }

    fn optional_text(&mut self, text: Option<&str>) -> &mut Rows {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }
}

impl Projected for Account {
    const TABLE: &'static str = "account";
    const COLUMNS: &'static [&'static str] = &["id", "name", "position"];

    fn write(&self, row: &mut Rows) {
        row.id(self.id.0).text(&self.name).bigint(self.position.0);
    }
}

impl Projected for Session {
    const TABLE: &'static str = "session";
    const COLUMNS: &'static [&'static str] = &["account_id", "id", "position"];

    fn write(&self, row: &mut Rows) {
        row.id(self.account.0).id(self.id.0).bigint(self.position.0);
    }
}

impl Projected for Seat {
    const TABLE: &'static str = "seat";
    const COLUMNS: &'static [&'static str] = &["instance_id", "number", "seats", "session_id", "account_id"];

    fn write(&self, row: &mut Rows) {
        row.id(self.instance.0)
            .smallint(self.number)
            .smallint(self.seats)
            .id(self.session.0)
            .id(self.account.0);
    }
}

impl Projected for Pair {
    const TABLE: &'static str = "pair";
    const COLUMNS: &'static [&'static str] = &["low", "high", "state", "inviter", "position"];

    fn write(&self, row: &mut Rows) {
        let state = match self.state {
            PairState::Invited => "invited",
            PairState::Friends => "friends",
        };
        row.id(self.key.low.0)
            .id(self.key.high.0)
            .text(state)
            .id(self.inviter.0)
            .bigint(self.position.0);
    }
}

impl Projected for Post {
    const TABLE: &'static str = "post";
    const COLUMNS: &'static [&'static str] = &["position", "author", "text"];

    fn write(&self, row: &mut Rows) {
        row.bigint(self.position.0).id(self.author.0).text(&self.text);
    }
}

impl Projected for Group {
    const TABLE: &'static str = "groups";
    const COLUMNS: &'static [&'static str] = &["id", "name", "position"];

    fn write(&self, row: &mut Rows) {
        row.id(self.id.0).text(&self.name).bigint(self.position.0);
    }
}

impl Projected for Membership {
    const TABLE: &'static str = "membership";
    const COLUMNS: &'static [&'static str] = &["group_id", "account_id", "position"];

    fn write(&self, row: &mut Rows) {
        row.id(self.group.0).id(self.account.0).bigint(self.position.0);
    }
}

impl Projected for Instance {
    const TABLE: &'static str = "instance";
    const COLUMNS: &'static [&'static str] = &["id", "state", "seats", "reference", "host", "port", "position"];

    fn write(&self, row: &mut Rows) {
        row.id(self.id.0).text(self.state.name()).smallint(self.seats);
        row.optional_text(self.reference.as_deref())
            .optional_text(self.host.as_deref());
        match self.port {
            Some(port) => row.integer(i32::from(port)),
            None => row.null(),
        };
        row.bigint(self.position.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenfold_core::facts::InstanceState;
    use tenfold_core::ids::{InstanceId, Position};

    #[test]
    fn an_absent_value_is_a_length_of_minus_one() {
        let instance = Instance {
            id: InstanceId(Uuid::nil()),
            state: InstanceState::Ready,
            seats: 10,
            reference: None,
            host: Some("h".into()),
            port: Some(7),
            position: Position(1),
        };
        let mut rows = Rows::default();
        rows.push(&instance);
        let mut expected = vec![0, 7, 0, 0, 0, 16];
        expected.extend([0; 16]);
        expected.extend(b"\0\0\0\x05ready\0\0\0\x02\0\x0a\xff\xff\xff\xff\0\0\0\x01h\0\0\0\x04\0\0\0\x07");
        expected.extend(b"\0\0\0\x08\0\0\0\0\0\0\0\x01");
        assert_eq!(rows.take(), expected);
    }
}
