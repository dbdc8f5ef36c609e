//! The connection's bytes, in plain text or over TLS, and the frames in them.

use std::time::Duration;

use bytes::BytesMut;
use futures_util::StreamExt;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::time::timeout;
use tokio_util::codec::FramedRead;

use super::codec::{Codec, Heard, Unreadable};
use super::frame::Frame;
use super::prompt::Prompt;
use crate::protocol::{ConnectError, Lost, connect_tcp, in_words};
use tenfold_core::protocol::Place;

/// Bytes both ways.
pub(super) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// A connection on which nothing was said yet.
pub(super) type Socket = Box<dyn Bytes>;

/// Connects to `place`.
///
/// # Errors
/// As [`connect_tcp`]; [`ConnectError::Tls`], or [`ConnectError::WithoutTls`] where this build has none.
pub(super) async fn connect(place: &Place, tls: bool) -> Result<Socket, ConnectError> {
    if !tls {
        return Ok(Box::new(Prompt(connect_tcp(place).await?)));
    }
    over_tls(place).await
}

#[cfg(feature = "tls")]
async fn over_tls(place: &Place) -> Result<Socket, ConnectError> {
    let connector = crate::tls::connector()?;
    let stream = Prompt(connect_tcp(place).await?);
    Ok(Box::new(crate::tls::handshake(&connector, &place.host, stream).await?))
}

#[cfg(not(feature = "tls"))]
async fn over_tls(_place: &Place) -> Result<Socket, ConnectError> {
    Err(ConnectError::WithoutTls)
}

/// The way in: frames.
pub(super) struct Reading {
    frames: FramedRead<ReadHalf<Socket>, Codec>,
    /// How long nothing at all may come; none where the broker promised nothing.
    pub patience: Option<Duration>,
}

/// The way out: frames, and newlines where there is nothing to say.
pub(super) struct Writing {
    bytes: WriteHalf<Socket>,
    waiting: BytesMut,
}

/// The two ways of a connection.
pub(super) fn split(socket: Socket) -> (Reading, Writing) {
    let (reading, writing) = tokio::io::split(socket);
    let reading = Reading {
        frames: FramedRead::new(reading, Codec::default()),
        patience: None,
    };
    let writing = Writing {
        bytes: writing,
        waiting: BytesMut::new(),
    };
    (reading, writing)
}

impl Reading {
    /// The next frame. Dropping the future loses nothing.
    ///
    /// # Errors
    /// No more comes, and why.
    pub async fn hear(&mut self) -> Result<Frame, Lost> {
        loop {
            match self.next().await? {
                Some(Ok(Heard::Frame(frame))) => return Ok(frame),
                Some(Ok(Heard::Beat)) => {}
                Some(Err(unreadable)) => return Err(Lost(unreadable.to_string())),
                None => return Err(Lost("it closes the connection".into())),
            }
        }
    }

    async fn next(&mut self) -> Result<Option<Result<Heard, Unreadable>>, Lost> {
        match self.patience {
            Some(patience) => timeout(patience, self.frames.next())
                .await
                .map_err(|_| Lost("it gives no sign of life".into())),
            None => Ok(self.frames.next().await),
        }
    }
}

impl Writing {
    /// Says them in one go.
    ///
    /// # Errors
    /// The connection is over.
    pub async fn say(&mut self, frames: impl IntoIterator<Item = Frame>) -> Result<(), Lost> {
        frames.into_iter().for_each(|frame| frame.encode(&mut self.waiting));
        self.flush().await
    }

    /// Gives a sign of life.
    ///
    /// # Errors
    /// The connection is over.
    pub async fn beat(&mut self) -> Result<(), Lost> {
        self.waiting.extend_from_slice(b"\n");
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), Lost> {
        let written = async {
            self.bytes.write_all_buf(&mut self.waiting).await?;
            self.bytes.flush().await
        };
        written.await.map_err(|error| Lost(in_words(&error)))
    }
}
