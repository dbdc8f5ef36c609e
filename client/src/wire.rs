//! Lines to and from one server.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use tenfold_core::ids::Position;
use tenfold_core::protocol::{Endpoint, Line, LineBuffer, Push, Reply, text};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use uuid::Uuid;

use crate::error::in_words;
use crate::tls::{self, RefusedError, Tls};

/// Read at once, in bytes.
const CHUNK: usize = 16 * 1024;
/// A link that carries fewer bytes a second than this is as good as none.
const SLOWEST_UPLOAD: f64 = 1024.0;
/// The longest line a server may send, in bytes: a list of posts is one line, and may be long.
const LONGEST_LINE: usize = 256 * 1024 * 1024;

/// A command under an id of its own: sent again after a lost connection, it is still carried out once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    line: String,
}

/// With its id and the token the line is longer than a server reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", text::LINE_TOO_LONG)]
pub struct TooLongError;

impl Command {
    /// Gives `words` an id.
    ///
    /// # Errors
    /// [`TooLongError`] where no server would read it.
    pub fn new(words: &str) -> Result<Command, TooLongError> {
        let line = format!("@{} {words}", Uuid::new_v4());
        if line.len() > text::LINE_LIMIT {
            Err(TooLongError)
        } else {
            Ok(Command { line })
        }
    }

    /// What goes over the wire, without the line end; the same each time.
    pub fn line(&self) -> &str {
        &self.line
    }
}

/// What a request of `bytes` may take on its way beyond the silence that is borne anyway: the network takes it from us at once, so that
/// nobody sees how far it has come.
pub fn upload_time(bytes: usize) -> Duration {
    Duration::from_secs_f64(bytes as f64 / SLOWEST_UPLOAD)
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

#[derive(Deserialize)]
struct Kind {
    push: Option<IgnoredAny>,
}

fn parse(line: &str) -> Result<Incoming, ConnectionError> {
    let kind: Kind = serde_json::from_str(line).map_err(|_| ConnectionError::Foreign)?;
    match kind.push {
        Some(_) => Ok(serde_json::from_str(line).map_or(Incoming::Unknown, Incoming::Push)),
        None => serde_json::from_str(line)
            .map(|reply| Incoming::Reply(Box::new(reply)))
            .map_err(|_| ConnectionError::Foreign),
    }
}

/// Why a connection is of no use any more.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// It did not open, or broke.
    #[error("{}", in_words(.0))]
    Io(#[from] io::Error),
    /// It is not to be secured, now or later.
    #[error(transparent)]
    Refused(RefusedError),
    /// The server has closed it.
    #[error("the connection was closed")]
    Closed,
    /// Nothing came in time.
    #[error("no answer in time")]
    Silent,
    /// The line is neither a reply nor a push: whoever listens there is no server of ours.
    #[error("what answers there is no Tenfold server")]
    Foreign,
    /// The server sent a line of more than 256 MiB.
    #[error("the server sent a line without end")]
    Endless,
}

/// Sends and receives at once, so that a server that waits for us to read never has us wait for it to read.
pub struct Connection {
    stream: Box<dyn Stream>,
    endpoint: Endpoint,
    incoming: LineBuffer,
    outgoing: Vec<u8>,
    /// TLS may hold what it has taken.
    is_flushed: bool,
    last_heard: LastHeard,
    /// When a byte last went out or came in.
    moved: Instant,
    /// A byte has come since [`heard`](Self::heard) was last asked.
    heard: bool,
}

/// Plain or secured.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

async fn connect(endpoint: &Endpoint, tls: Option<(&Tls, &str)>) -> Result<Box<dyn Stream>, ConnectionError> {
    let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await?;
    stream.set_nodelay(true)?;
    let Some((tls, name)) = tls else {
        return Ok(Box::new(stream));
    };
    match tls.begin(stream, name).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => Err(tls::refused(&error).map_or(error.into(), ConnectionError::Refused)),
    }
}

impl Connection {
    /// Connects to `endpoint` within `limit`; secured where there is `tls`, with a server of that name.
    ///
    /// # Errors
    /// [`ConnectionError::Io`] where nobody listens, [`ConnectionError::Silent`] after `limit`, [`ConnectionError::Refused`] where TLS fails.
    pub async fn open(
        endpoint: Endpoint,
        tls: Option<(&Tls, &str)>,
        limit: Duration,
        last_heard: LastHeard,
    ) -> Result<Connection, ConnectionError> {
        let stream = timeout(limit, connect(&endpoint, tls))
            .await
            .map_err(|_| ConnectionError::Silent)??;
        Ok(Connection {
            stream,
            endpoint,
            incoming: LineBuffer::with_limit(LONGEST_LINE),
            outgoing: Vec::new(),
            is_flushed: true,
            last_heard,
            moved: Instant::now(),
            heard: false,
        })
    }

    /// The server's.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// When a byte last moved, in either direction. Whoever waits for a line counts from here, and not from the line before: a long
    /// line over a slow link is progress.
    pub fn moved(&self) -> Instant {
        self.moved
    }

    /// Whether a byte has come since this was last asked.
    pub fn heard(&mut self) -> bool {
        std::mem::take(&mut self.heard)
    }

    /// The next line, as [`next`](Self::next), unless no byte moves for `silence`.
    ///
    /// # Errors
    /// [`ConnectionError::Silent`], and those of `next`.
    pub async fn next_unless_silent(&mut self, silence: Duration) -> Result<Incoming, ConnectionError> {
        let asked = Instant::now();
        loop {
            let deadline = self.moved.max(asked) + silence;
            match timeout_at(deadline, self.next()).await {
                Ok(incoming) => return incoming,
                Err(_) if self.moved.max(asked) + silence > deadline => {}
                Err(_) => return Err(ConnectionError::Silent),
            }
        }
    }

    /// Sends a line, as much of it as goes at once; the rest goes while [`next`](Self::next) waits. That a connection
    /// is broken is seen there too.
    pub fn send(&mut self, line: &str) {
        self.outgoing.extend_from_slice(line.as_bytes());
        self.outgoing.push(b'\n');
        // An error here comes again from `next`, where it is handled; there, too, somebody waits for room.
        let _seen_by_next = self.poll_write(&mut Context::from_waker(Waker::noop()));
    }

    /// The next line from the server. May be dropped and called again without loss.
    ///
    /// # Errors
    /// Whatever makes the connection useless.
    pub async fn next(&mut self) -> Result<Incoming, ConnectionError> {
        loop {
            if let Some(line) = self.incoming.next_line() {
                let incoming = match line {
                    Line::Text(line) => parse(&line)?,
                    Line::TooLong => return Err(ConnectionError::Endless),
                    Line::NotText => return Err(ConnectionError::Foreign),
                };
                return Ok(incoming);
            }
            poll_fn(|context| self.poll_both(context)).await?;
        }
    }

    /// Reads and writes what can be, until there is something to look at.
    fn poll_both(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ConnectionError>> {
        let read = self.poll_read(context);
        let written = self.poll_write(context);
        match read {
            Poll::Ready(read) => Poll::Ready(read),
            Poll::Pending => match written {
                Poll::Ready(Err(error)) => Poll::Ready(Err(error.into())),
                // Whoever has something to read is asked again when it comes.
                Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
            },
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ConnectionError>> {
        let mut chunk = [MaybeUninit::uninit(); CHUNK];
        let mut chunk = ReadBuf::uninit(&mut chunk);
        match ready!(Pin::new(&mut self.stream).poll_read(context, &mut chunk)) {
            Ok(()) if chunk.filled().is_empty() => return Poll::Ready(Err(ConnectionError::Closed)),
            Ok(()) => {}
            // Of TLS: closed without a word.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Poll::Ready(Err(ConnectionError::Closed));
            }
            Err(error) => return Poll::Ready(Err(error.into())),
        }
        self.incoming.push(chunk.filled());
        self.moved = Instant::now();
        self.heard = true;
        self.last_heard.now();
        Poll::Ready(Ok(()))
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            let count = ready!(Pin::new(&mut self.stream).poll_write(context, &self.outgoing))?;
            self.outgoing.drain(..count);
            self.is_flushed = false;
            self.moved = Instant::now();
        }
        if !self.is_flushed {
            ready!(Pin::new(&mut self.stream).poll_flush(context))?;
            self.is_flushed = true;
        }
        Poll::Ready(Ok(()))
    }
}

/// When anything last came from any server. Shared by all connections of the client: a user whose servers are silent is no reason to end while others are
/// served.
#[derive(Clone, Debug)]
pub struct LastHeard(Arc<Mutex<Instant>>);

impl Default for LastHeard {
    fn default() -> LastHeard {
        LastHeard(Arc::new(Mutex::new(Instant::now())))
    }
}

impl LastHeard {
    /// A byte has come.
    pub fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// How long ago the last byte came, or the client began.
    pub fn elapsed(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
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
        assert_eq!(Command::new(&"x".repeat(room + 1)), Err(TooLongError));
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

    #[test]
    fn pushes_are_told_from_replies() {
        assert!(matches!(parse(r#"{"status":0,"group":["g"]}"#), Ok(Incoming::Reply(_))));
        let push = r#"{"push":"message","user":"b","from":"a","group":"g","message":"hi","position":8}"#;
        assert!(matches!(parse(push), Ok(Incoming::Push(Push::Message { .. }))));
        assert!(matches!(
            parse(r#"{"push":"fireworks","user":"b"}"#),
            Ok(Incoming::Unknown)
        ));
    }

    #[test]
    fn other_protocols_are_recognised() {
        for line in ["HTTP/1.1 400 Bad Request", "", "[]", "{}"] {
            assert!(matches!(parse(line), Err(ConnectionError::Foreign)), "{line:?}");
        }
    }
}
