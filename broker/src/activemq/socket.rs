//! The connection's bytes, in plain text or over TLS, and the frames in them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use futures_util::StreamExt;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::codec::FramedRead;

use super::codec::{Codec, CodecError, Decoded};
use super::frame::Frame;
use crate::protocol::{ConnectError, LostError, connect_tcp, in_words};
use tenfold_core::protocol::Endpoint;

/// Bytes both ways.
pub(super) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// A connection on which nothing was said yet.
pub(super) type Socket = Box<dyn Bytes>;

/// Connects to `endpoint`.
///
/// # Errors
/// As [`connect_tcp`]; [`ConnectError::Tls`], or [`ConnectError::WithoutTls`] where this build has none.
pub(super) async fn connect(endpoint: &Endpoint, tls: bool) -> Result<Socket, ConnectError> {
    if !tls {
        return Ok(Box::new(QuickAck(connect_tcp(endpoint).await?)));
    }
    over_tls(endpoint).await
}

#[cfg(feature = "tls")]
async fn over_tls(endpoint: &Endpoint) -> Result<Socket, ConnectError> {
    let connector = crate::tls::connector()?;
    let stream = QuickAck(connect_tcp(endpoint).await?);
    Ok(Box::new(
        crate::tls::handshake(&connector, &endpoint.host, stream).await?,
    ))
}

#[cfg(not(feature = "tls"))]
async fn over_tls(_place: &Endpoint) -> Result<Socket, ConnectError> {
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
    pub async fn next_frame(&mut self) -> Result<Frame, LostError> {
        loop {
            match self.next().await? {
                Some(Ok(Decoded::Frame(frame))) => return Ok(frame),
                Some(Ok(Decoded::Heartbeat)) => {}
                Some(Err(unreadable)) => return Err(LostError(unreadable.to_string())),
                None => return Err(LostError("it closes the connection".into())),
            }
        }
    }

    async fn next(&mut self) -> Result<Option<Result<Decoded, CodecError>>, LostError> {
        match self.patience {
            Some(patience) => timeout(patience, self.frames.next())
                .await
                .map_err(|_| LostError("it gives no sign of life".into())),
            None => Ok(self.frames.next().await),
        }
    }
}

impl Writing {
    /// Says them in one go.
    ///
    /// # Errors
    /// The connection is over.
    pub async fn send(&mut self, frames: impl IntoIterator<Item = Frame>) -> Result<(), LostError> {
        frames.into_iter().for_each(|frame| frame.encode(&mut self.waiting));
        self.flush().await
    }

    /// Gives a sign of life.
    ///
    /// # Errors
    /// The connection is over.
    pub async fn heartbeat(&mut self) -> Result<(), LostError> {
        self.waiting.extend_from_slice(b"\n");
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), LostError> {
        let written = async {
            self.bytes.write_all_buf(&mut self.waiting).await?;
            self.bytes.flush().await
        };
        written.await.map_err(|error| LostError(in_words(&error)))
    }
}

/// A TCP connection whose bytes are acknowledged as they are read, where the system can be told to.
///
/// ActiveMQ holds a small frame back while an earlier one is not acknowledged (Nagle's algorithm, which only its own
/// configuration can turn off), and Linux takes 40 ms to acknowledge where it hopes to have something to send. Together
/// they make most messages take 44 ms; without, 0.2 ms.
struct QuickAck(TcpStream);

impl QuickAck {
    /// Linux forgets it whenever something is sent. Where it does not work, it is only slower.
    #[cfg(target_os = "linux")]
    fn acknowledge(&self) {
        let _ = self.0.set_quickack(true);
    }

    #[cfg(not(target_os = "linux"))]
    fn acknowledge(&self) {}
}

impl AsyncRead for QuickAck {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = ready!(Pin::new(&mut self.0).poll_read(context, into));
        self.acknowledge();
        Poll::Ready(read)
    }
}

impl AsyncWrite for QuickAck {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
