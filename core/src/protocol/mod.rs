//! The wire: lines in, lines out, without I/O. A client's line is a [`Request`]; a server's is a [`Reply`] or, unasked, a [`Push`].

mod endpoint;
#[cfg(test)]
mod tests;
pub mod text;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{CommandId, Position};
use crate::token::Token;

pub use endpoint::{Address, Endpoint};
use text::LINE_LIMIT;

/// One line as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Text without its line end.
    Text(String),
    /// More bytes than the limit; its bytes are gone.
    TooLong,
    /// Bytes that are no UTF-8, or have a NUL among them.
    NotText,
}

/// Collects bytes and hands out lines. Holds no more of an unfinished line than the limit, plus what was last pushed.
#[derive(Debug)]
pub struct LineBuffer {
    /// The most bytes a line may have, its end not counted.
    limit: usize,
    bytes: Vec<u8>,
    /// How many of `bytes` were handed out already.
    taken: usize,
    /// How many of `bytes` are known to hold no line end.
    searched: usize,
    /// The line under way is too long; what comes until its end is dropped.
    skipping: bool,
}

impl Default for LineBuffer {
    fn default() -> LineBuffer {
        LineBuffer::with_limit(LINE_LIMIT)
    }
}

impl LineBuffer {
    /// An empty one, for lines of up to [`LINE_LIMIT`] bytes.
    pub fn new() -> LineBuffer {
        LineBuffer::default()
    }

    /// An empty one, for lines of up to `limit` bytes.
    pub fn with_limit(limit: usize) -> LineBuffer {
        LineBuffer {
            limit,
            bytes: Vec::new(),
            taken: 0,
            searched: 0,
            skipping: false,
        }
    }

    /// Takes what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.taken > 0 {
            self.bytes.drain(..self.taken);
            self.searched -= self.taken;
            self.taken = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether what is next begins with `bytes`.
    pub fn begins_with(&self, bytes: &[u8]) -> bool {
        self.bytes[self.taken..].starts_with(bytes)
    }

    /// The next finished line, if there is one.
    pub fn next_line(&mut self) -> Option<Line> {
        let end = self.bytes[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(end) = end.map(|offset| self.searched + offset) else {
            self.searched = self.bytes.len();
            if self.searched - self.taken > self.limit + 1 {
                self.skipping = true;
            }
            if self.skipping {
                self.clear();
            }
            return None;
        };
        let line = self.classify(&self.bytes[self.taken..end]);
        self.skipping = false;
        self.taken = end + 1;
        self.searched = self.taken;
        Some(line)
    }

    /// What is left when the input ends without a line end.
    pub fn finish(&mut self) -> Option<Line> {
        let left = &self.bytes[self.taken..];
        let line = (self.skipping || !left.is_empty()).then(|| self.classify(left));
        self.skipping = false;
        self.clear();
        line
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.taken = 0;
        self.searched = 0;
    }

    fn classify(&self, bytes: &[u8]) -> Line {
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if self.skipping || bytes.len() > self.limit {
            return Line::TooLong;
        }
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => Line::Text(text.to_owned()),
            _ => Line::NotText,
        }
    }
}

const BLANKS: [char; 2] = [' ', '\t'];

/// A line, its command id and its first word split off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'line> {
    /// From `@<uuid> ` in front.
    pub id: Option<CommandId>,
    /// The command, whatever it is.
    pub word: &'line str,
    /// All behind it, without the blanks around it.
    pub rest: &'line str,
}

impl<'line> Request<'line> {
    /// Reads a line; `None` where it has no words. What begins with `@` and is no id is a command nobody knows.
    pub fn parse(line: &'line str) -> Option<Request<'line>> {
        let (word, rest) = first_word(line)?;
        let id = word.strip_prefix('@').and_then(|id| Uuid::try_parse(id).ok());
        match (id, first_word(rest)) {
            (Some(id), Some((word, rest))) => Some(Request {
                id: Some(CommandId(id)),
                word,
                rest,
            }),
            (Some(_), None) => None,
            (None, _) => Some(Request { id: None, word, rest }),
        }
    }

    /// The token in front of the other words, and those; `None` where there is none.
    pub fn token(&self) -> Option<(Token, &'line str)> {
        let (token, rest) = first_word(self.rest)?;
        Some((token.parse().ok()?, rest))
    }
}

/// The first word, and the rest without the blanks around it.
pub fn first_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_matches(BLANKS);
    if text.is_empty() {
        return None;
    }
    let (word, rest) = text.split_once(BLANKS).unwrap_or((text, ""));
    Some((word, rest.trim_start_matches(BLANKS)))
}

/// All the words of `text`, where they are exactly `N`.
pub fn exactly<const N: usize>(text: &str) -> Option<[&str; N]> {
    let words: Vec<&str> = text.split(BLANKS).filter(|word| !word.is_empty()).take(N + 1).collect();
    words.try_into().ok()
}

/// `N` words and the message behind them, where there is one.
pub fn words_and_message<const N: usize>(text: &str) -> Option<([&str; N], &str)> {
    let mut words = [""; N];
    let mut rest = text;
    for word in &mut words {
        (*word, rest) = first_word(rest)?;
    }
    let message = rest.trim_matches(BLANKS);
    (!message.is_empty()).then_some((words, message))
}

/// A position as typed: digits, no sign.
pub fn position(word: &str) -> Option<Position> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        word.parse().ok().map(Position)
    } else {
        None
    }
}

/// A reply. What is not there is left out of the line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// 0, or 1 for every refusal.
    pub status: u8,
    /// In words; lists have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// list-invite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<Vec<String>>,
    /// list-friend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub friend: Option<Vec<String>>,
    /// list-group, list-joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Vec<String>>,
    /// list-blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Vec<String>>,
    /// receive-post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<Vec<PostLine>>,
    /// The list goes on: it was cut at an item's end, for it would be too long.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// How far the log had come with this command; for login, where a new client attaches from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// login: where the session is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<Address>,
    /// login: the other login servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also: Option<Vec<Address>>,
    /// There and `null` where the session has no seat: ask a login server. There and an address: ask there.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub moved: Option<Option<Address>>,
}

/// A post in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostLine {
    /// Who wrote it.
    pub id: String,
    /// What.
    pub message: String,
}

/// Tells `"moved":null` from no `moved` at all.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Address>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Reply {
    /// `Success!`, without a position.
    pub fn success() -> Reply {
        Reply {
            message: Some(text::SUCCESS.into()),
            ..Reply::default()
        }
    }

    /// `Bye!`
    pub fn bye() -> Reply {
        Reply {
            message: Some(text::BYE.into()),
            ..Reply::default()
        }
    }

    /// Status 1 with a sentence.
    pub fn refused(message: impl Into<String>) -> Reply {
        Reply {
            status: 1,
            message: Some(message.into()),
            ..Reply::default()
        }
    }

    /// The session is served at `address`, or nowhere.
    pub fn moved(address: Option<Address>) -> Reply {
        Reply {
            moved: Some(address),
            ..Reply::refused(text::SERVED_ELSEWHERE)
        }
    }

    /// The same with the position the log reached.
    pub fn at(self, position: Position) -> Reply {
        Reply {
            position: Some(position),
            ..self
        }
    }

    /// The line, without its end.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("a reply has nothing that JSON cannot say")
    }
}

/// A push; `user` is the name of the session's user it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "push", rename_all = "lowercase")]
pub enum Push {
    /// Somebody wrote: to this user (`to`) or to a group they are in (`group`).
    Message {
        /// For whom.
        user: String,
        /// By whom.
        from: String,
        /// The recipient, where it was sent to a person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        /// The group, where it was sent to one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// What they wrote.
        message: String,
        /// Its position in the log.
        position: Position,
    },
    /// The user is now served there.
    Moved {
        /// Whose session.
        user: String,
        /// Where.
        app: Address,
    },
    /// The session is over; everything before its end has been pushed.
    Ended {
        /// Whose session.
        user: String,
    },
    /// A login that waits for a server says so.
    Progress {
        /// Whose login.
        user: String,
        /// How it stands.
        message: String,
    },
}

impl Push {
    /// The line, without its end.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("a push has nothing that JSON cannot say")
    }
}
