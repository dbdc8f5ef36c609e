//! What a server's line says.

use serde::Deserialize;
use serde::de::IgnoredAny;
use tenfold_core::protocol::push::Push;
use tenfold_core::protocol::reply::Reply;

/// A line from a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// The answer to the oldest request that has none yet.
    Reply(Box<Reply>),
    /// Something unasked.
    Push(Push),
    /// A push of a kind this client does not know, from a newer server.
    Unknown,
}

/// The line is neither: whoever answers there is no server of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what answers there is no Tenfold server")]
pub struct Foreign;

#[derive(Deserialize)]
struct Kind {
    push: Option<IgnoredAny>,
}

/// Reads one line.
///
/// # Errors
/// [`Foreign`] where it is no JSON object that a server of ours would send.
pub fn parse(line: &[u8]) -> Result<Incoming, Foreign> {
    let kind: Kind = serde_json::from_slice(line).map_err(|_| Foreign)?;
    match kind.push {
        Some(_) => Ok(serde_json::from_slice(line).map_or(Incoming::Unknown, Incoming::Push)),
        None => serde_json::from_slice(line)
            .map(|reply| Incoming::Reply(Box::new(reply)))
            .map_err(|_| Foreign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushes_are_told_from_replies() {
        assert!(matches!(
            parse(br#"{"status":0,"group":["g"]}"#),
            Ok(Incoming::Reply(_))
        ));
        let push = br#"{"push":"message","user":"b","from":"a","group":"g","message":"hi","position":8}"#;
        assert!(matches!(parse(push), Ok(Incoming::Push(Push::Message { .. }))));
        assert_eq!(parse(br#"{"push":"fireworks","user":"b"}"#), Ok(Incoming::Unknown));
    }

    #[test]
    fn other_protocols_are_recognised() {
        for line in [&b"HTTP/1.1 400 Bad Request"[..], b"", b"[]", b"{}", b"\xff"] {
            assert_eq!(parse(line), Err(Foreign), "{line:?}");
        }
    }
}
