//! A TCP connection that speaks in lines.

use std::io;
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::buffer::{Endless, ReplyBuffer};
use super::incoming::{Foreign, Incoming, parse};
use super::pulse::Pulse;
use crate::error::in_words;
use tenfold_core::protocol::Endpoint;

const CHUNK: usize = 16 * 1024;

/// Why a connection is of no use any more.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// It did not open, or broke.
    #[error("{}", in_words(.0))]
    Io(#[from] io::Error),
    /// The server has closed it.
    #[error("the connection was closed")]
    Closed,
    /// Nothing came in time.
    #[error("no answer in time")]
    Silent,
    /// Somebody else listens there.
    #[error(transparent)]
    Foreign(#[from] Foreign),
    /// A line that never ends.
    #[error(transparent)]
    Endless(#[from] Endless),
}

/// Sends and receives at once, so that a server that waits for us to read never has us wait for it to read.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    endpoint: Endpoint,
    incoming: ReplyBuffer,
    outgoing: Vec<u8>,
    pulse: Pulse,
}

impl Connection {
    /// Connects to `endpoint` within `limit`.
    ///
    /// # Errors
    /// [`ConnectionError::Io`] where nobody listens, [`ConnectionError::Silent`] after `limit`.
    pub async fn open(endpoint: Endpoint, limit: Duration, pulse: Pulse) -> Result<Connection, ConnectionError> {
        let connecting = TcpStream::connect((endpoint.host.as_str(), endpoint.port));
        let stream = timeout(limit, connecting)
            .await
            .map_err(|_| ConnectionError::Silent)??;
        stream.set_nodelay(true)?;
        Ok(Connection {
            stream,
            endpoint,
            incoming: ReplyBuffer::default(),
            outgoing: Vec::new(),
            pulse,
        })
    }

    /// Where the other end is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends a line, as much of it as goes at once; the rest goes while [`next`](Self::next) waits. That a connection
    /// is broken is seen there too.
    pub fn send(&mut self, line: &str) {
        self.outgoing.extend_from_slice(line.as_bytes());
        self.outgoing.push(b'\n');
        // An error here comes again from `next`, where it is handled.
        let _seen_by_next = self.write_some();
    }

    /// The next line from the server. May be dropped and called again without loss.
    ///
    /// # Errors
    /// Whatever makes the connection useless.
    pub async fn next(&mut self) -> Result<Incoming, ConnectionError> {
        loop {
            if let Some(line) = self.incoming.next_line()? {
                let incoming = parse(line)?;
                self.pulse.beat();
                return Ok(incoming);
            }
            let interest = if self.outgoing.is_empty() {
                Interest::READABLE
            } else {
                Interest::READABLE | Interest::WRITABLE
            };
            let ready = self.stream.ready(interest).await?;
            if ready.is_readable() || ready.is_read_closed() {
                self.read_some()?;
            }
            if ready.is_writable() && !self.outgoing.is_empty() {
                self.write_some()?;
            }
        }
    }

    fn read_some(&mut self) -> Result<(), ConnectionError> {
        let mut chunk = [0; CHUNK];
        match self.stream.try_read(&mut chunk) {
            Ok(0) => Err(ConnectionError::Closed),
            Ok(count) => {
                self.incoming.push(&chunk[..count]);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn write_some(&mut self) -> io::Result<()> {
        while !self.outgoing.is_empty() {
            match self.stream.try_write(&self.outgoing) {
                Ok(count) => drop(self.outgoing.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
