//! A command on its way to a server.

use tenfold_core::ids::Position;
use tenfold_core::protocol::text;
use uuid::Uuid;

/// A command under an id of its own: sent again after a lost connection, it is still carried out once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    line: String,
}

/// With its id and the token the line is longer than a server reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", text::LINE_TOO_LONG)]
pub struct TooLong;

impl Command {
    /// Gives `words` an id.
    ///
    /// # Errors
    /// [`TooLong`] where no server would read it.
    pub fn new(words: &str) -> Result<Command, TooLong> {
        let line = format!("@{} {words}", Uuid::new_v4());
        if line.len() > text::LINE_LIMIT {
            Err(TooLong)
        } else {
            Ok(Command { line })
        }
    }

    /// What goes over the wire, without the line end; the same each time.
    pub fn line(&self) -> &str {
        &self.line
    }
}

/// The request for a session's messages after `position`.
pub fn attach(token: &str, position: Position) -> String {
    format!("attach {token} {position}")
}

/// Says that all up to `position` has been shown.
pub fn ack(token: &str, position: Position) -> String {
    format!("ack {token} {position}")
}

/// The request for an answer once all up to `position` has been pushed; without one, up to the log's head.
pub fn sync(token: &str, position: Option<Position>) -> String {
    position.map_or_else(
        || format!("sync {token}"),
        |position| format!("sync {token} {position}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_an_id_of_its_own() {
        let (one, other) = (
            Command::new("post t  hi ").unwrap(),
            Command::new("post t  hi ").unwrap(),
        );
        assert_ne!(one, other);
        let (id, words) = one.line().split_once(' ').unwrap();
        assert!(Uuid::try_parse(id.strip_prefix('@').unwrap()).is_ok());
        assert_eq!(words, "post t  hi ");
    }

    #[test]
    fn what_no_server_would_read_is_not_sent() {
        let room = text::LINE_LIMIT - "@ ".len() - 36;
        assert!(Command::new(&"x".repeat(room)).is_ok());
        assert_eq!(Command::new(&"x".repeat(room + 1)), Err(TooLong));
    }

    #[test]
    fn delivery_requests_are_those_of_the_contract() {
        assert_eq!(attach("t", Position(3)), "attach t 3");
        assert_eq!(ack("t", Position(3)), "ack t 3");
        assert_eq!(
            (sync("t", Some(Position(3))), sync("t", None)),
            ("sync t 3".into(), "sync t".into())
        );
    }
}
