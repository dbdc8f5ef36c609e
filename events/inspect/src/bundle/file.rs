//! The file: lines of JSON. First what it is, then one event a line as `tail --json` prints it, then the state that the
//! events make, and last a checksum of all that stands before, so that a file cut in half is noticed.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tenfold_core::event::Recorded;
use tenfold_core::ids::Position;

use crate::raw_event::RawEvent;

/// The format that this build writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The file's format.
    pub tenfold_bundle: u32,
    /// How many events it holds.
    pub events: usize,
    /// The version of the build that wrote it.
    pub made_by: String,
    /// What it was made for, in words.
    pub question: String,
    /// Whether names and texts were replaced by invented ones.
    pub renamed: bool,
}

/// A file that has been read.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// Its first line.
    pub header: Header,
    /// Its events, in order.
    pub events: Vec<Recorded>,
    /// The state that they are to make, as `state --json` prints it.
    pub expected: Value,
}

/// The line behind the events.
#[derive(Serialize, Deserialize)]
struct Expected<T> {
    expected: T,
}

/// The last line.
#[derive(Serialize, Deserialize)]
struct End {
    sha256: String,
}

/// Why a file is no bundle that can be used.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// It is something else.
    #[error("this is no bundle: its first line is not one that `bin/events export` writes")]
    NoBundle,
    /// A newer build wrote it.
    #[error(
        "the bundle is of format {found}, and this build reads up to {FORMAT}: use the build that wrote it, {by}, or a newer one"
    )]
    Newer {
        /// Its format.
        found: u32,
        /// Who wrote it.
        by: String,
    },
    /// Its end is missing.
    #[error("the bundle is cut off at line {line}: {wanted} events and an end were expected; copy it again")]
    CutOff {
        /// How many events it should hold.
        wanted: usize,
        /// The last line there is.
        line: usize,
    },
    /// It was changed.
    #[error("the bundle was changed after it was written: its checksum is not that of its lines; export it again")]
    Changed,
    /// A line that is no event.
    #[error("line {line} of the bundle is no event this build can read: {cause}")]
    Event {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        cause: String,
    },
    /// Events that are not one after the other.
    #[error("line {line} of the bundle is out of order: position {position} is not above the one before")]
    Order {
        /// Which line, from 1.
        line: usize,
        /// Its position.
        position: Position,
    },
}

/// Writes a bundle one event after the other, so that it need not fit into memory.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Writer<W> {
    /// Writes the first line.
    ///
    /// # Errors
    /// Where `out` cannot be written; so all of the following.
    pub fn begin(out: W, header: &Header) -> io::Result<Writer<W>> {
        let hash = Sha256::new();
        let mut writer = Writer { out, hash };
        writer.line(header)?;
        Ok(writer)
    }

    /// Writes the next event. There must be as many as the header says.
    ///
    /// # Errors
    /// As [`Writer::begin`].
    pub fn event(&mut self, event: &Recorded) -> io::Result<()> {
        self.line(&RawEvent::from(event))
    }

    /// Writes the state that they make, and the end.
    ///
    /// # Errors
    /// As [`Writer::begin`].
    pub fn end(mut self, expected: &impl Serialize) -> io::Result<()> {
        self.line(&Expected { expected })?;
        let sha256 = hex(&self.hash.finalize());
        writeln!(self.out, "{}", serde_json::to_string(&End { sha256 })?)?;
        self.out.flush()
    }

    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        let line = serde_json::to_string(value)? + "\n";
        self.hash.update(line.as_bytes());
        self.out.write_all(line.as_bytes())
    }
}

/// Reads a bundle, all of it or nothing.
///
/// # Errors
/// Where it is none, is cut off or changed, or holds what this build does not know.
pub fn read(bytes: &[u8]) -> Result<Bundle, BundleError> {
    let mut lines = Lines::of(bytes);
    let header = lines.next().ok_or(BundleError::NoBundle)?;
    // Only the number is looked at before the rest, for a newer format may have other fields.
    let first: Value = serde_json::from_slice(header).map_err(|_| BundleError::NoBundle)?;
    let format = first["tenfold_bundle"].as_u64().ok_or(BundleError::NoBundle)?;
    if format > u64::from(FORMAT) {
        return Err(BundleError::Newer {
            found: u32::try_from(format).unwrap_or(u32::MAX),
            by: tenfold_core::escape::escaped(first["made_by"].as_str().unwrap_or("an unknown one")).into_owned(),
        });
    }
    let header: Header = serde_json::from_value(first).map_err(|_| BundleError::NoBundle)?;
    let wanted = header.events;
    let body: Vec<&[u8]> = lines.by_ref().collect();
    let cut = || BundleError::CutOff {
        wanted,
        line: body.len() + 1,
    };
    if !bytes.ends_with(b"\n") || body.len() < wanted.saturating_add(2) {
        return Err(cut());
    }
    let end: End = serde_json::from_slice(body[body.len() - 1]).map_err(|_| cut())?;
    let before_end = bytes.len() - body[body.len() - 1].len() - 1;
    if body.len() != wanted + 2 || end.sha256 != hex(&Sha256::digest(&bytes[..before_end])) {
        return Err(BundleError::Changed);
    }
    let expected: Expected<Value> = serde_json::from_slice(body[wanted]).map_err(|_| BundleError::Changed)?;
    Ok(Bundle {
        events: events(&body[..wanted])?,
        expected: expected.expected,
        header,
    })
}

fn events(lines: &[&[u8]]) -> Result<Vec<Recorded>, BundleError> {
    let mut events: Vec<Recorded> = Vec::with_capacity(lines.len());
    for (line, text) in (2..).zip(lines) {
        let wrong = |cause: String| BundleError::Event {
            line,
            cause: tenfold_core::escape::escaped(&cause).into_owned(),
        };
        let raw: RawEvent = serde_json::from_slice(text).map_err(|error| wrong(error.to_string()))?;
        let recorded = raw.decode().map_err(|error| wrong(error.cause.to_string()))?;
        let position = recorded.position;
        if position <= events.last().map_or(Position::START, |last| last.position) {
            return Err(BundleError::Order { line, position });
        }
        events.push(recorded);
    }
    Ok(events)
}

/// Lines that end in a line feed, and what follows the last of those.
struct Lines<'a>(std::slice::Split<'a, u8, fn(&u8) -> bool>);

impl<'a> Lines<'a> {
    fn of(bytes: &'a [u8]) -> Lines<'a> {
        let is_end: fn(&u8) -> bool = |byte| *byte == b'\n';
        Lines(bytes.split(is_end))
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        self.0.find(|line| !line.is_empty())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{expected, fold};
    use tenfold_synthetic::{Shape, Synthetic};

    fn written(count: usize) -> (Vec<u8>, Vec<Recorded>) {
        let events: Vec<Recorded> = Synthetic::new(Shape::dense(3)).take(count).collect();
        let header = Header {
            tenfold_bundle: FORMAT,
            events: events.len(),
            made_by: "0.1.0".into(),
            question: "a test".into(),
            renamed: false,
        };
        let mut bytes = Vec::new();
        let mut writer = Writer::begin(&mut bytes, &header).unwrap();
        events.iter().for_each(|event| writer.event(event).unwrap());
        writer.end(&expected(&fold(&events).unwrap())).unwrap();
        (bytes, events)
    }

    #[test]
    fn what_is_written_is_read_back() {
        for count in [0, 1, 300] {
            let (bytes, events) = written(count);
            let bundle = read(&bytes).unwrap();
            // Times are written to the microsecond, as the log has them.
            assert_eq!(bundle.events, events);
            assert_eq!(bundle.expected, expected(&fold(&events).unwrap()));
        }
    }

    #[test]
    fn a_bundle_cut_anywhere_is_refused() {
        let (bytes, _) = written(20);
        for length in 0..bytes.len() {
            let said = read(&bytes[..length]).unwrap_err();
            let is_cut = matches!(said, BundleError::CutOff { .. } | BundleError::NoBundle);
            assert!(is_cut, "{length}: {said}");
        }
    }

    #[test]
    fn a_bundle_that_was_changed_or_is_none_is_refused() {
        let (bytes, _) = written(20);
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let without = |index: usize| {
            let kept = lines.iter().enumerate().filter(|(line, _)| *line != index);
            kept.map(|(_, line)| format!("{line}\n")).collect::<String>()
        };
        let twice = format!("{text}{}\n", lines[lines.len() - 1]);
        for (changed, part) in [
            (text.replacen("person-", "nobody-", 1), "was changed"),
            (without(5), "cut off"),
            (without(0), "no bundle"),
            (twice, "was changed"),
            ("{}\n".into(), "no bundle"),
            ("hello\n".into(), "no bundle"),
            (
                text.replacen("\"tenfold_bundle\":1", "\"tenfold_bundle\":9", 1),
                "format 9",
            ),
        ] {
            let said = read(changed.as_bytes()).unwrap_err().to_string();
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}
