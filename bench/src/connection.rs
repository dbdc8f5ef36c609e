//! A connection to a server: lines out, lines in.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tenfold_client::tls::Tls;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::failure::Failure;

/// How long any reply may take before the benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(60);
/// More than any reply in here is long, so that one read brings one reply.
const ROOM: usize = 64 * 1024;

/// Takes lines, plain or over TLS.
pub type Writer = Box<dyn AsyncWrite + Send + Sync + Unpin>;

/// Reads lines, plain or over TLS.
pub struct Lines {
    stream: Box<dyn AsyncRead + Send + Sync + Unpin>,
    server: SocketAddr,
    buffer: Vec<u8>,
    /// What of the buffer has been handed out.
    taken: usize,
}

/// One connection.
pub struct Connection {
    /// What the server says.
    pub lines: Lines,
    /// What it is told.
    pub writer: Writer,
    tls: Option<Tls>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("server", &self.server())
            .finish_non_exhaustive()
    }
}

impl Lines {
    /// The next line with its end. Cancellation loses nothing.
    ///
    /// # Errors
    /// [`Failure::Lost`].
    pub async fn next(&mut self) -> Result<&[u8], Failure> {
        let mut searched = self.taken;
        loop {
            if let Some(end) = self.buffer[searched..].iter().position(|byte| *byte == b'\n') {
                let line = self.taken..searched + end + 1;
                self.taken = line.end;
                return Ok(&self.buffer[line]);
            }
            // Nothing but an unfinished line is left: it goes to the front.
            self.buffer.drain(..self.taken);
            self.taken = 0;
            searched = self.buffer.len();
            self.read_more().await?;
        }
    }

    async fn read_more(&mut self) -> Result<(), Failure> {
        self.buffer.reserve(ROOM);
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(1..) => Ok(()),
            Ok(0) | Err(_) => Err(Failure::Lost(self.server)),
        }
    }
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// Where nobody listens.
    pub async fn open(server: SocketAddr) -> Result<Connection, Failure> {
        Connection::open_over(server, None).await
    }

    /// Connects, over TLS where there is some.
    ///
    /// # Errors
    /// Where nobody listens, or the server is not to be believed.
    pub async fn open_over(server: SocketAddr, tls: Option<&Tls>) -> Result<Connection, Failure> {
        let refused = || Failure::system(format!("no connection to the server at {server}"));
        let stream = TcpStream::connect(server).await.map_err(refused())?;
        stream.set_nodelay(true).map_err(refused())?;
        let (stream, writer): (Box<dyn AsyncRead + Send + Sync + Unpin>, Writer) = match tls {
            None => {
                let (reading, writing) = stream.into_split();
                (Box::new(reading), Box::new(writing))
            }
            Some(tls) => {
                let secured = tls.begin(stream, &server.ip().to_string()).await.map_err(refused())?;
                let (reading, writing) = tokio::io::split(secured);
                (Box::new(reading), Box::new(writing))
            }
        };
        Ok(Connection {
            tls: tls.cloned(),
            lines: Lines {
                stream,
                server,
                buffer: Vec::with_capacity(ROOM),
                taken: 0,
            },
            writer,
        })
    }

    /// Who is at the other end.
    pub fn server(&self) -> SocketAddr {
        self.lines.server
    }

    /// What secures it.
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// Sends whole lines.
    ///
    /// # Errors
    /// [`Failure::Lost`].
    pub async fn send(&mut self, lines: &[u8]) -> Result<(), Failure> {
        let sent = async {
            self.writer.write_all(lines).await?;
            self.writer.flush().await
        };
        sent.await.map_err(|_| Failure::Lost(self.lines.server))
    }

    /// Sends a line and waits for its reply; pushes are passed over.
    ///
    /// # Errors
    /// Where the connection is lost or no reply comes.
    pub async fn request(&mut self, line: &str) -> Result<Value, Failure> {
        self.send(format!("{line}\n").as_bytes()).await?;
        let reply = tokio::time::timeout(PATIENCE, self.reply()).await;
        reply.map_err(|_| Failure::TooLate {
            what: format!("a reply to `{}`", word(line)),
            seconds: PATIENCE.as_secs(),
        })?
    }

    /// Has a command carried out that must succeed.
    ///
    /// # Errors
    /// As [`Connection::request`], and [`Failure::Refused`].
    pub async fn succeed(&mut self, line: &str) -> Result<Value, Failure> {
        let reply = self.request(line).await?;
        if reply["status"] == 0 {
            Ok(reply)
        } else {
            Err(Failure::Refused {
                command: word(line),
                reply: reply.to_string(),
            })
        }
    }

    async fn reply(&mut self) -> Result<Value, Failure> {
        loop {
            let line = self.lines.next().await?;
            let refused = || Failure::Refused {
                command: "a line".into(),
                reply: String::from_utf8_lossy(line).into(),
            };
            let line: Value = serde_json::from_slice(line).map_err(|_| refused())?;
            if line.get("push").is_none() {
                return Ok(line);
            }
        }
    }
}

/// The command's name; the rest may be a token.
fn word(line: &str) -> String {
    line.split(' ')
        .find(|word| !word.starts_with('@'))
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn against(said: &'static [&'static str]) -> Connection {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            for part in said {
                stream.write_all(part.as_bytes()).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        Connection::open(server).await.unwrap()
    }

    #[tokio::test]
    async fn lines_come_whole_however_they_were_sent() {
        let mut connection = against(&["one\ntw", "o\nthr", "ee\n"]).await;
        for line in [&b"one\n"[..], b"two\n", b"three\n"] {
            assert_eq!(connection.lines.next().await.unwrap(), line);
        }
        assert!(matches!(connection.lines.next().await, Err(Failure::Lost(_))));
    }

    #[tokio::test]
    async fn pushes_are_no_replies() {
        let said = "{\"push\":\"progress\"}\n{\"status\":0,\"message\":\"Success!\"}\n{\"status\":1}\n";
        let mut connection = against(Box::leak(Box::new([said]))).await;
        assert_eq!(connection.succeed("login a b").await.unwrap()["message"], "Success!");
        let refused = connection.succeed("post TOKEN text").await.unwrap_err().to_string();
        assert!(refused.contains("`post`") && !refused.contains("TOKEN"), "{refused}");
    }
}
