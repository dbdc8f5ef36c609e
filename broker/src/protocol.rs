//! What a broker's protocol must be able to do. One connection at a time: who loses it makes another.

use std::io;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tenfold_core::protocol::Endpoint;
use tenfold_core::words::without_code;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::address::Address;

/// How long a connection may take to come about.
pub const CONNECTING: Duration = Duration::from_secs(5);
/// How long closing a connection may take.
const CLOSING: Duration = Duration::from_millis(500);
/// How long what nobody fetches stays on a queue. Its recipients have it from the log long before.
pub const MESSAGE_LIFE: Duration = Duration::from_secs(30);
/// How long a queue stays that nobody consumes from.
pub const QUEUE_LIFE: Duration = Duration::from_secs(60);
/// Between two signs of life on a connection, so that one which died without a word is noticed.
pub const HEARTBEAT: Duration = Duration::from_secs(5);
/// How many things that came may wait to be looked at, before no more are read.
pub const INCOMING: usize = 256;

/// Speaks to one kind of broker.
pub trait Protocol: Send + Sync + 'static {
    /// Connects to `endpoint`. Where a queue is named, it is made if there is none, and what comes there is consumed; it ends
    /// by itself when nobody consumes from it any more.
    fn connect<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        queue: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Link, ConnectError>>;
}

/// A connection to a broker.
pub struct Link {
    /// What it is, such as `RabbitMQ 3.10.8`.
    pub product: String,
    /// Puts messages on queues.
    pub sending: Box<dyn Sending>,
    /// What comes. Where it ends, the connection is lost.
    pub incoming: mpsc::Receiver<Incoming>,
}

impl Link {
    /// Connects to the first of the broker's endpoints that works; see [`Protocol::connect`].
    ///
    /// # Errors
    /// The last endpoint's; [`ConnectError::Silent`] where it took too long.
    pub async fn to_any(protocol: &dyn Protocol, address: &Address, queue: Option<&str>) -> Result<Link, ConnectError> {
        let mut failed = ConnectError::Silent;
        for endpoint in &address.endpoints {
            match timeout(CONNECTING, protocol.connect(endpoint, queue)).await {
                Ok(Ok(link)) => return Ok(link),
                Ok(Err(error)) => failed = error,
                Err(_) => failed = ConnectError::Silent,
            }
        }
        Err(failed)
    }

    /// Closes the connection, within half a second. A broker that does not get that notices it by the missing heartbeats.
    pub async fn end(self) {
        let _ = timeout(CLOSING, self.sending.close()).await;
    }
}

/// The way out of a connection.
pub trait Sending: Send {
    /// Puts `body` on `queue`, as the `tag`th on this connection, from 1. May wait where the broker reads slowly.
    fn publish<'a>(&'a mut self, queue: &'a str, tag: u64, body: String) -> BoxFuture<'a, Result<(), LostError>>;

    /// Closes the connection. Dropping it instead leaves it to the broker to notice.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// Something that comes over a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// From our queue.
    Message(Vec<u8>),
    /// The broker has the message with that tag.
    Confirmed(u64),
    /// It has all of them up to that tag.
    ConfirmedUpTo(u64),
    /// It does not want the message with that tag.
    Refused(u64),
    /// There is no such queue; its message comes back, and is confirmed afterwards.
    NoSuchQueue(String),
    /// The connection is over, and why.
    Lost(String),
}

/// The connection is over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LostError(pub String);

/// Why there is no connection; a clause that follows the broker's address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Its name leads nowhere.
    #[error("the host {0} is unknown: see that its name is right")]
    UnknownHost(String),
    /// Nobody is there.
    #[error("it cannot be reached ({0}): see that it runs, and that host and port are right")]
    Unreachable(String),
    /// It does not want us.
    #[error("it refuses the user name or the password: see to those in the URL")]
    RefusedLogin,
    /// What was asked for is not there.
    #[error("it has no virtual host {0:?} that this user may use: see to the end of the URL, and to the user's rights")]
    VirtualHost(String),
    /// It may not make a queue.
    #[error("it does not let this user make and use queues ({0}): give the user the right to")]
    Forbidden(String),
    /// It says nothing.
    #[error("it does not answer within {} seconds: see that it is well", CONNECTING.as_secs())]
    Silent,
    /// Its certificate is not to be trusted, or it does not speak TLS.
    #[error(
        "no TLS connection comes about ({0}): see to its certificate, or name its authority's file in SSL_CERT_FILE"
    )]
    Tls(String),
    /// TLS was left out of this build.
    #[error("this build has no TLS: build it with `--features tls`, as bin/server does where the URL asks for it")]
    WithoutTls,
    /// It says something that we do not understand.
    #[error("it answers with something unexpected ({0}): see that a broker of that kind listens there")]
    Unexpected(String),
}

/// Connects over TCP, told apart by what went wrong.
pub async fn connect_tcp(endpoint: &Endpoint) -> Result<tokio::net::TcpStream, ConnectError> {
    let host = (endpoint.host.as_str(), endpoint.port);
    let addresses: Vec<_> = match tokio::net::lookup_host(host).await {
        Ok(addresses) => addresses.collect(),
        Err(_) => return Err(ConnectError::UnknownHost(endpoint.host.clone())),
    };
    let stream = tokio::net::TcpStream::connect(addresses.as_slice()).await;
    let stream = stream.map_err(|error| ConnectError::Unreachable(in_words(&error)))?;
    // Messages are small, and somebody waits for each.
    stream
        .set_nodelay(true)
        .map_err(|error| ConnectError::Unreachable(in_words(&error)))?;
    Ok(stream)
}

/// The system's words, without its number and as a clause; others' words as they are.
pub fn in_words(error: &io::Error) -> String {
    let said = error.to_string();
    let words = without_code(&said);
    if words == said { said } else { words.to_lowercase() }
}

/// As brokers count time.
pub fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
