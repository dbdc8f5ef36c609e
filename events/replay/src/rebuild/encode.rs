//! Rows as a binary `COPY` takes them.

use bytes::{BufMut, Bytes, BytesMut};
use tenfold_log::projection::{Stored, Values};
use uuid::Uuid;

/// How much goes into one message.
const MESSAGE: usize = 256 * 1024;

/// Sends `rows` as the messages of one copy, until `send` says that nobody takes them.
pub(super) fn encode<'a, Row: Stored>(rows: impl Iterator<Item = &'a Row>, send: &mut dyn FnMut(Bytes) -> bool) {
    let mut encoded = Rows::default();
    encoded.buffer.put_slice(b"PGCOPY\n\xff\r\n\0");
    // No flags, no extension.
    encoded.buffer.put_u64(0);
    for row in rows {
        encoded.push(row);
        if encoded.buffer.len() >= MESSAGE && !send(encoded.take()) {
            return;
        }
    }
    // The trailer.
    encoded.buffer.put_i16(-1);
    send(encoded.take());
}

/// Rows on their way.
#[derive(Default)]
pub(super) struct Rows {
    buffer: BytesMut,
}

impl Rows {
    fn push<Row: Stored>(&mut self, row: &Row) {
        self.buffer.put_i16(Row::COLUMNS.len() as i16);
        row.write(self);
    }

    fn take(&mut self) -> Bytes {
        self.buffer.split().freeze()
    }

    fn value(&mut self, bytes: Option<&[u8]>) -> &mut Rows {
        // An absent value is a length of minus one.
        self.buffer.put_i32(bytes.map_or(-1, |bytes| bytes.len() as i32));
        self.buffer.put_slice(bytes.unwrap_or_default());
        self
    }
}

impl Values for Rows {
    fn id(&mut self, value: Uuid) -> &mut Self {
        self.value(Some(value.as_bytes()))
    }

    fn text(&mut self, value: Option<&str>) -> &mut Self {
        self.value(value.map(str::as_bytes))
    }

    fn position(&mut self, value: i64) -> &mut Self {
        self.value(Some(&value.to_be_bytes()))
    }

    fn small(&mut self, value: u16) -> &mut Self {
        self.value(Some(&value.to_be_bytes()))
    }

    fn integer(&mut self, value: Option<i32>) -> &mut Self {
        self.value(value.map(i32::to_be_bytes).as_ref().map(<[u8; 4]>::as_slice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenfold_core::facts::{Instance, InstanceState};
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
