//! A binary `COPY` of events, row by row, without copying any text out of the message it came in.

use bytes::Buf;
use tenfold_core::event::{Event, may_make_rows};
use tenfold_core::ids::Position;
use uuid::Uuid;

use super::entry::{Counter, Damage, Entry};
use super::error::ReplayError;
use tenfold_log::sealing::{Keys, Personal, SealContext, damaged, fill_in};
use tenfold_log::span::Span;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// The statement whose rows [`entry`] reads.
pub(super) fn statement(span: Span) -> String {
    let Span { after, until } = span;
    statement_where(&format!("position > {after} and position <= {until}"))
}

/// The same for the events at these positions.
pub(super) fn statement_at(positions: &[Position]) -> String {
    let listed: Vec<String> = positions.iter().map(Position::to_string).collect();
    statement_where(&format!("position = any('{{{}}}'::bigint[])", listed.join(",")))
}

fn statement_where(condition: &str) -> String {
    format!(
        "copy (select position, version, kind, kind_version, data, personal, sealed, id, stream from event \
         where {condition} order by position) to stdout (format binary)"
    )
}

/// What stands in a message of the copy.
struct Row<'a> {
    rest: &'a [u8],
    after: Position,
}

/// Reads one message, opening its personal part with `keys`; `None` where it is the copy's end. `after` is the position
/// read before, for errors.
pub(super) fn entry(
    message: &[u8],
    after: Position,
    keys: &mut Keys,
    counter: &Counter,
) -> Result<Option<Entry>, ReplayError> {
    let mut row = Row { rest: message, after };
    row.skip_header()?;
    if row.number::<2>().map(i16::from_be_bytes)? < 0 {
        return Ok(None);
    }
    let position = Position(row.fixed().map(i64::from_be_bytes)?);
    let version = row.fixed().map(i64::from_be_bytes)?;
    let kind = row.text()?;
    let kind_version = row.fixed().map(i16::from_be_bytes)?;
    let data = row.text()?;
    let (plain, sealed) = (row.optional_text()?, row.optional()?);
    let (id, stream) = (Uuid::from_bytes(row.fixed()?), Uuid::from_bytes(row.fixed()?));
    let personal = match (plain, sealed) {
        // As almost all events of a log that is not sealed, and all that nobody wrote anything in.
        (Some(_), _) | (None, None) => Ok(Personal::Erased),
        (None, sealed) => keys.open(SealContext { id, stream, kind }, None, sealed),
    };
    let open = match &personal {
        Ok(Personal::Open(json)) => Some(json.as_str()),
        _ => plain,
    };
    let mut event =
        Event::decode(kind, kind_version, data, open).map_err(|cause| ReplayError::Undecodable { position, cause })?;
    match personal {
        Ok(personal) if open.is_none() => fill_in(&mut event, &personal),
        Ok(_) => {}
        Err(cause) => {
            event.put_personal(&damaged(kind, stream));
            counter.damaged(Damage {
                position,
                cause: cause.to_string(),
                is_left_out: false,
                may_make_rows: may_make_rows(kind),
            });
        }
    }
    Ok(Some(Entry {
        position,
        version,
        event,
    }))
}

impl<'a> Row<'a> {
    /// The first message begins with the copy's header: signature, flags, and the length of an extension.
    fn skip_header(&mut self) -> Result<(), ReplayError> {
        if !self.rest.starts_with(SIGNATURE) {
            return Ok(());
        }
        self.rest.advance(SIGNATURE.len());
        let _flags: [u8; 4] = self.number()?;
        let extension = self.number().map(u32::from_be_bytes)?;
        self.take(extension as usize).map(drop)
    }

    fn optional(&mut self) -> Result<Option<&'a [u8]>, ReplayError> {
        let length = self.number().map(i32::from_be_bytes)?;
        let Ok(length) = usize::try_from(length) else {
            return Ok(None);
        };
        self.take(length).map(Some)
    }

    fn optional_text(&mut self) -> Result<Option<&'a str>, ReplayError> {
        let text = self.optional()?.map(std::str::from_utf8).transpose();
        text.map_err(|_| self.malformed("text that is no UTF-8"))
    }

    fn text(&mut self) -> Result<&'a str, ReplayError> {
        self.optional_text()?
            .ok_or_else(|| self.malformed("no value where there must be one"))
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], ReplayError> {
        match self.number().map(i32::from_be_bytes)? {
            length if length as usize == N => self.number(),
            _ => Err(self.malformed("a number of another size")),
        }
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N], ReplayError> {
        let bytes = self.take(N)?;
        Ok(bytes.try_into().expect("as many were taken"))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], ReplayError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or_else(|| self.malformed("half a row"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn malformed(&self, what: &'static str) -> ReplayError {
        ReplayError::Malformed {
            after: self.after,
            what,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenfold_log::sealing::DataKey;

    fn row(data: &str) -> Vec<u8> {
        row_of("AccountDeleted", data, None)
    }

    fn row_of(kind: &str, data: &str, sealed: Option<&[u8]>) -> Vec<u8> {
        let fields: [Option<&[u8]>; 9] = [
            Some(&7_i64.to_be_bytes()),
            Some(&2_i64.to_be_bytes()),
            Some(kind.as_bytes()),
            Some(&1_i16.to_be_bytes()),
            Some(data.as_bytes()),
            None,
            sealed,
            Some(ID.as_bytes()),
            Some(STREAM.as_bytes()),
        ];
        let mut bytes = (fields.len() as i16).to_be_bytes().to_vec();
        for field in fields {
            bytes.extend(field.map_or(-1, |value| value.len() as i32).to_be_bytes());
            bytes.extend(field.unwrap_or_default());
        }
        bytes
    }

    fn entry(message: &[u8], after: Position) -> Result<Option<Entry>, ReplayError> {
        super::entry(message, after, &mut Keys::default(), &Counter::default())
    }

    const ID: Uuid = Uuid::from_u128(9);
    const STREAM: Uuid = Uuid::from_u128(0x1234_5678);

    const DATA: &str = r#"{"account":"00000000-0000-0000-0000-000000000001"}"#;

    fn header() -> Vec<u8> {
        [SIGNATURE, &[0; 8]].concat()
    }

    #[test]
    fn a_row_is_read_with_and_without_the_header() {
        let plain = entry(&row(DATA), Position(6)).unwrap().unwrap();
        assert_eq!((plain.position, plain.version), (Position(7), 2));
        let first = [header(), row(DATA)].concat();
        assert_eq!(entry(&first, Position(6)).unwrap().unwrap(), plain);
    }

    #[test]
    fn the_end_is_seen_also_right_behind_the_header() {
        let end = (-1_i16).to_be_bytes();
        assert_eq!(entry(&end, Position(0)).unwrap(), None);
        assert_eq!(entry(&[&header()[..], &end[..]].concat(), Position(0)).unwrap(), None);
    }

    #[test]
    fn no_cut_row_is_taken_for_an_event() {
        let whole = row(DATA);
        for length in 0..whole.len() {
            assert!(
                matches!(entry(&whole[..length], Position(6)), Err(ReplayError::Malformed { .. })),
                "{length}"
            );
        }
    }

    #[test]
    fn a_sealed_text_is_opened_while_its_key_lives() {
        let (key, data) = (DataKey::generate(), format!(r#"{{"author":"{STREAM}"}}"#));
        let context = SealContext {
            id: ID,
            stream: STREAM,
            kind: "Posted",
        };
        let row = row_of("Posted", &data, Some(&key.seal(context, r#"{"text":"hi"}"#)));
        let counter = Counter::default();
        let read = |keys: &mut Keys| super::entry(&row, Position(6), keys, &counter).map(|entry| entry.unwrap().event);
        let erased = read(&mut Keys::default()).unwrap();
        assert_eq!(erased.personal(), Some(("text", "(erased-12345678)")));
        let mut keys = Keys::default();
        keys.put(STREAM, key);
        assert_eq!(read(&mut keys).unwrap().personal(), Some(("text", "hi")));
        keys.put(STREAM, DataKey::generate());
        assert!(counter.damages().is_empty());
        assert_eq!(read(&mut keys).unwrap().personal(), Some(("text", "(damaged)")));
        let damages = counter.damages();
        assert_eq!((damages.len(), damages[0].position), (1, Position(7)), "{damages:?}");
        assert!(damages[0].cause.contains(&STREAM.to_string()), "{damages:?}");
    }

    #[test]
    fn a_damaged_event_is_named_by_its_position() {
        let damage = entry(&row("{}"), Position(6)).unwrap_err().into_damage().unwrap();
        assert!(
            damage.position == Position(7) && damage.cause.contains("AccountDeleted"),
            "{damage:?}"
        );
    }
}
