//! Opening a connection, and finding out why there is none: the client library does not tell much.

use std::time::Duration;

use amqprs::connection::{Connection, OpenConnectionArguments};
use amqprs::error::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::channels::LONGEST_NAME;
use super::closed::Closed;
use crate::address::Address;
use crate::protocol::{ConnectError, HEARTBEAT, connect_tcp};
use tenfold_core::protocol::Endpoint;

/// Who one is where the URL does not say: RabbitMQ's own default, which it lets in from the same machine only.
const GUEST: &str = "guest";
/// The virtual host that every RabbitMQ has.
const ROOT: &str = "/";
/// What begins every conversation in AMQP 0-9-1.
const GREETING: &[u8] = b"AMQP\x00\x00\x09\x01";
/// What the answer begins with: the frame of a method, on the channel of the connection itself.
const ANSWER: [u8; 3] = [1, 0, 0];
/// How long an answer to the greeting may take. Whoever asks has waited some seconds already.
const GREETING_BACK: Duration = Duration::from_secs(1);

/// Opens a connection for `purpose`, which operators see.
pub async fn open(address: &Address, endpoint: &Endpoint, purpose: &str) -> Result<Connection, ConnectError> {
    let arguments = arguments(address, endpoint, purpose)?;
    // Whether there is somebody, and who they say they are, is found out beforehand: the library's errors do not tell
    // these from others.
    drop(reach(address, endpoint).await?);
    // The library panics at what it does not expect from a broker. That must not end the connection task.
    let opening = tokio::spawn(async move { Connection::open(&arguments).await });
    match AbortOnDropHandle::new(opening).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(refusal(&error, address, endpoint).await),
        Err(_) => Err(stranger()),
    }
}

fn arguments(address: &Address, endpoint: &Endpoint, purpose: &str) -> Result<OpenConnectionArguments, ConnectError> {
    let virtual_host = virtual_host(address);
    if virtual_host.len() > LONGEST_NAME {
        return Err(ConnectError::VirtualHost(virtual_host.to_owned()));
    }
    if purpose.len() > LONGEST_NAME {
        return Err(ConnectError::Forbidden("the queue's name is too long".into()));
    }
    let user = address.user.as_deref().unwrap_or(GUEST);
    let password = address.password.as_deref().unwrap_or(GUEST);
    let mut arguments = OpenConnectionArguments::new(&endpoint.bracketed(), endpoint.port, user, password);
    arguments.virtual_host(virtual_host);
    arguments.connection_name(&format!("tenfold {purpose}"));
    arguments.heartbeat(u16::try_from(HEARTBEAT.as_secs()).unwrap_or(u16::MAX));
    #[cfg(feature = "tls")]
    if address.tls {
        let adaptor = amqprs::tls::TlsAdaptor::new(crate::tls::connector()?, endpoint.host.clone());
        arguments.tls_adaptor(adaptor);
    }
    Ok(arguments)
}

fn virtual_host(address: &Address) -> &str {
    address.virtual_host.as_deref().unwrap_or(ROOT)
}

/// Why the library has no connection for us.
async fn refusal(error: &Error, address: &Address, endpoint: &Endpoint) -> ConnectError {
    let closed = match error {
        Error::ConnectionOpenError(words) => Closed::in_frame(words),
        // RabbitMQ says that a password is wrong only to those who ask for it, and the library does not: the connection
        // is closed without a word after some seconds. Who else does that does not speak AMQP.
        Error::NetworkError(_) => {
            return greet(address, endpoint)
                .await
                .err()
                .unwrap_or(ConnectError::RefusedLogin);
        }
        _ => None,
    };
    match closed {
        Some(closed) => closed.refusal(virtual_host(address)),
        None => stranger(),
    }
}

/// Sees whether somebody there speaks AMQP.
async fn greet(address: &Address, endpoint: &Endpoint) -> Result<(), ConnectError> {
    let mut stream = reach(address, endpoint).await?;
    let mut answer = [0; ANSWER.len()];
    let greeting = async {
        stream.write_all(GREETING).await?;
        stream.read_exact(&mut answer).await
    };
    match timeout(GREETING_BACK, greeting).await {
        Err(_) => Err(ConnectError::Silent),
        Ok(Ok(_)) if answer == ANSWER => Ok(()),
        Ok(_) => Err(stranger()),
    }
}

fn stranger() -> ConnectError {
    ConnectError::Unexpected("it does not speak AMQP 0-9-1 as RabbitMQ does".into())
}

/// Bytes to and fro, whether or not others can read them.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Connects, over TLS where the address wants that.
async fn reach(address: &Address, endpoint: &Endpoint) -> Result<Box<dyn Stream>, ConnectError> {
    let stream = connect_tcp(endpoint).await?;
    if address.tls {
        secure(stream, endpoint).await
    } else {
        Ok(Box::new(stream))
    }
}

#[cfg(feature = "tls")]
async fn secure(stream: TcpStream, endpoint: &Endpoint) -> Result<Box<dyn Stream>, ConnectError> {
    let connector = crate::tls::connector()?;
    let stream = crate::tls::handshake(&connector, &endpoint.host, stream).await?;
    Ok(Box::new(stream))
}

#[cfg(not(feature = "tls"))]
async fn secure(_: TcpStream, _: &Endpoint) -> Result<Box<dyn Stream>, ConnectError> {
    Err(ConnectError::WithoutTls)
}
