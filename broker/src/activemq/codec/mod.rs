//! From bytes to frames, however the bytes are cut; bounded in what it keeps. Pure.

use std::io;

use bytes::{Buf, BytesMut};
use tokio_util::codec::Decoder;

use super::frame::{Command, Frame};
use crate::protocol::in_words;

/// How long a frame's headers may be altogether, in bytes.
const LONGEST_HEADERS: usize = 64 << 10;
/// How long a body may be, in bytes. A longer one is left out: whoever may write to our queue could otherwise end our
/// connection with it. Envelopes are far shorter.
const LONGEST_BODY: usize = 1 << 20;

/// What the bytes mean.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    Frame(Frame),
    /// One or more newlines between frames: a sign of life.
    Heartbeat,
}

/// The bytes are no STOMP; a clause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CodecError {
    #[error("it does not speak STOMP")]
    NoStomp,
    #[error("it speaks OpenWire there: its STOMP connector has another port")]
    OpenWire,
    #[error("it speaks TLS there: write stomp+ssl:// in the URL")]
    Tls,
    #[error("{0}")]
    Malformed(&'static str),
    #[error("{0}")]
    Broken(String),
}

impl From<io::Error> for CodecError {
    fn from(error: io::Error) -> CodecError {
        CodecError::Broken(in_words(&error))
    }
}

/// Reads frames, one after the other.
#[derive(Debug, Default)]
pub(super) struct Codec {
    part: Part,
    /// How far into what is there the end of a line was looked for in vain.
    scanned: usize,
}

/// Where in a frame we are.
#[derive(Debug, Default)]
enum Part {
    #[default]
    Between,
    Headers {
        frame: Frame,
        /// What they have taken so far.
        length: usize,
    },
    Body {
        frame: Frame,
        /// How much is to come, where that was said; else it ends with a zero.
        left: Option<u64>,
        /// Whether it is short enough to be kept.
        is_kept: bool,
    },
}

/// What a step comes to: the next part, or more bytes are needed in this one.
enum Step {
    Go(Part),
    Wait(Part),
    Done(Frame),
}

impl Decoder for Codec {
    type Item = Decoded;
    type Error = CodecError;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<Decoded>, CodecError> {
        loop {
            let step = match std::mem::take(&mut self.part) {
                Part::Between if source.is_empty() => return Ok(None),
                Part::Between if skip_newlines(source) => return Ok(Some(Decoded::Heartbeat)),
                Part::Between => begin(source)?,
                Part::Headers { frame, length } => self.headers(source, frame, length)?,
                Part::Body { frame, left, is_kept } => body(source, frame, left, is_kept)?,
            };
            match step {
                Step::Go(part) => self.part = part,
                Step::Wait(part) => {
                    self.part = part;
                    return Ok(None);
                }
                Step::Done(frame) => return Ok(Some(Decoded::Frame(frame))),
            }
        }
    }

    fn decode_eof(&mut self, source: &mut BytesMut) -> Result<Option<Decoded>, CodecError> {
        match self.decode(source)? {
            // Whoever says less than a word and leaves speaks something else.
            None if !source.is_empty() && matches!(self.part, Part::Between) => Err(CodecError::NoStomp),
            decoded => Ok(decoded),
        }
    }
}

fn skip_newlines(source: &mut BytesMut) -> bool {
    let newlines = source.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    source.advance(newlines);
    newlines > 0
}

/// A frame begins with its command. Anything else is told at once: whoever speaks another protocol may never end a line.
fn begin(source: &mut BytesMut) -> Result<Step, CodecError> {
    let line_end = source.iter().position(|byte| *byte == b'\n');
    let word = &source[..line_end.unwrap_or(source.len())];
    let word = word.strip_suffix(b"\r").unwrap_or(word);
    let Some(line_end) = line_end else {
        let may_become_one = Command::ALL
            .iter()
            .any(|command| command.name().as_bytes().starts_with(word));
        return match may_become_one || may_become_known(source) {
            true => Ok(Step::Wait(Part::Between)),
            false => Err(foreign(source)),
        };
    };
    let command = Command::ALL
        .into_iter()
        .find(|command| command.name().as_bytes() == word);
    let frame = Frame::new(command.ok_or_else(|| foreign(source))?);
    source.advance(line_end + 1);
    Ok(Step::Go(Part::Headers { frame, length: 0 }))
}

/// OpenWire's greeting is a length in four bytes, a one, and this.
const OPEN_WIRE: &[u8] = b"ActiveMQ";
/// What TLS of any version begins with when it is spoken to in plain text; its major version, 3, follows.
const TLS_ALERT: u8 = 0x15;

/// Whether too little is there to know what else it is.
fn may_become_known(source: &[u8]) -> bool {
    match source[0] {
        0 => source.len() < 5 + OPEN_WIRE.len(),
        first => first == TLS_ALERT && source.len() == 1,
    }
}

/// What an operator most likely mixed up.
fn foreign(source: &[u8]) -> CodecError {
    let is_open_wire = source.get(5..).is_some_and(|rest| rest.starts_with(OPEN_WIRE));
    match source {
        _ if is_open_wire => CodecError::OpenWire,
        [TLS_ALERT, 3, ..] => CodecError::Tls,
        _ => CodecError::NoStomp,
    }
}

impl Codec {
    fn headers(&mut self, source: &mut BytesMut, mut frame: Frame, length: usize) -> Result<Step, CodecError> {
        let found = source[self.scanned..].iter().position(|byte| *byte == b'\n');
        let end = found.map(|position| self.scanned + position);
        let length = length + end.map_or(0, |end| end + 1);
        if length + end.map_or(source.len(), |_| 0) > LONGEST_HEADERS {
            return Err(CodecError::Malformed("it sends headers without end"));
        }
        let Some(end) = end else {
            self.scanned = source.len();
            return Ok(Step::Wait(Part::Headers { frame, length }));
        };
        self.scanned = 0;
        let line = source.split_to(end + 1);
        let line = &line[..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return begin_body(frame).map(Step::Go);
        }
        let line = std::str::from_utf8(line).map_err(|_| CodecError::Malformed("it sends headers that are no text"))?;
        match frame.add_line(line) {
            true => Ok(Step::Go(Part::Headers { frame, length })),
            false => Err(CodecError::Malformed("it sends a header without a value")),
        }
    }
}

fn begin_body(frame: Frame) -> Result<Part, CodecError> {
    let left = match frame.header("content-length") {
        Some(text) => {
            let length = text.trim().parse::<u64>();
            Some(length.map_err(|_| CodecError::Malformed("it sends a body of no length"))?)
        }
        None => None,
    };
    let is_kept = left.is_none_or(|length| length <= LONGEST_BODY as u64);
    Ok(Part::Body { frame, left, is_kept })
}

fn body(source: &mut BytesMut, mut frame: Frame, left: Option<u64>, is_kept: bool) -> Result<Step, CodecError> {
    let there = match left {
        Some(left) => usize::try_from(left).unwrap_or(usize::MAX).min(source.len()),
        None => source.iter().position(|byte| *byte == 0).unwrap_or(source.len()),
    };
    let is_kept = is_kept && frame.body.len() + there <= LONGEST_BODY;
    match is_kept {
        true => frame.body.extend_from_slice(&source[..there]),
        false => frame.body = Vec::new(),
    }
    source.advance(there);
    let left = left.map(|left| left - there as u64);
    match source.first() {
        None => Ok(Step::Wait(Part::Body { frame, left, is_kept })),
        Some(0) => {
            source.advance(1);
            Ok(Step::Done(frame))
        }
        Some(_) => Err(CodecError::Malformed("it sends a body that is longer than it says")),
    }
}

#[cfg(test)]
mod tests;
