//! Accepts connections, within bounds, and ends them when the server ends.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tenfold_core::protocol::Reply;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection::{Service, Settings, serve_connection};
use crate::origin::Origin;
use crate::tls::Opened;

/// How many connections the system may hold for us before they are accepted.
const BACKLOG: u32 = 4096;
/// How long no connection is accepted after the system failed to.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// A client whose machine vanished is noticed after about three times this.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// How many bytes wait in the system to be sent before it takes no more. Left to itself it takes megabytes at once and then nothing until
/// a third of them are gone, which on a slow link looks like a client that does not read.
const UNSENT: u32 = 64 * 1024;
/// What somebody who is refused may still send, in bytes, and for how long.
const REFUSED_BYTES: u64 = 64 * 1024;
const REFUSED: Duration = Duration::from_secs(1);

/// The server cannot listen where it was told to.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The host's name has no address.
    #[error("there is no host called {host} ({error}): give an address of this machine, such as 127.0.0.1 or 0.0.0.0")]
    UnknownHost {
        /// As given.
        host: String,
        /// The system's.
        error: io::Error,
    },
    /// Another program listens there.
    #[error("port {port} on {host} is taken: stop what listens there, or choose another port (0: any free one)")]
    Taken {
        /// As given.
        host: String,
        /// As given.
        port: u16,
    },
    /// Other programs listen on all of them.
    #[error("the ports {} to {} on {host} are taken: name others with --app-ports", ports.start(), ports.end())]
    AllTaken {
        /// As given.
        host: String,
        /// As given.
        ports: RangeInclusive<u16>,
    },
    /// The system does not let this user.
    #[error("this user may not listen on port {port}: choose one above 1023")]
    Forbidden {
        /// As given.
        port: u16,
    },
    /// The host is another machine.
    #[error("{host} is no address of this machine: give one that is, such as 127.0.0.1, or 0.0.0.0 for all of them")]
    NotHere {
        /// As given.
        host: String,
    },
    /// Anything else.
    #[error("cannot listen on {host}:{port} ({error}): choose another address or port")]
    Other {
        /// As given.
        host: String,
        /// As given.
        port: u16,
        /// The system's.
        error: io::Error,
    },
}

/// An address that is ours and where nobody is let in yet: whoever connects is refused until [`listen`](Self::listen), so that an open port
/// is a server that serves.
pub struct Reserved {
    socket: TcpSocket,
    host: String,
    port: u16,
}

impl Reserved {
    /// Listens there.
    ///
    /// # Errors
    /// [`BindError`]: another program that had reserved it too listens there by now.
    pub fn listen(self) -> Result<TcpListener, BindError> {
        let Reserved { socket, host, port } = self;
        socket.listen(BACKLOG).map_err(|error| explain(&host, port, error))
    }
}

/// Listens on `host` (a name or an address) and `port` (0: any that is free).
///
/// # Errors
/// [`BindError`], a sentence that says what to do.
pub async fn bind(host: &str, port: u16) -> Result<TcpListener, BindError> {
    reserve(host, port).await?.listen()
}

/// Listens on `host` and the first of `ports` that is free.
///
/// # Errors
/// [`BindError`]: none is, or the host is not to be listened on.
pub async fn bind_first(host: &str, ports: RangeInclusive<u16>) -> Result<TcpListener, BindError> {
    let mut last = io::ErrorKind::NotFound.into();
    // All of them on one address before another one: a port says which server is meant, whatever family it is reached by.
    for address in addresses(host, 0).await? {
        let listen = |port| {
            let address = SocketAddr::new(address.ip(), port);
            take(address).and_then(|socket| socket.listen(BACKLOG))
        };
        let is_taken = |error: &io::Error| error.kind() == io::ErrorKind::AddrInUse;
        let mut tried = ports.clone().map(listen);
        match tried.find(|listening| listening.as_ref().err().is_none_or(|error| !is_taken(error))) {
            Some(Ok(listener)) => return Ok(listener),
            Some(Err(error)) => last = error,
            None => {
                let host = host.to_owned();
                return Err(BindError::AllTaken { host, ports });
            }
        }
    }
    Err(explain(host, *ports.start(), last))
}

/// What a name or an address stands for. The old family is what most clients of a name such as `localhost` try, and comes first.
async fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, BindError> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let unknown = |error| BindError::UnknownHost {
        host: host.into(),
        error,
    };
    let mut addresses: Vec<SocketAddr> = lookup_host((bare, port)).await.map_err(unknown)?.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    Ok(addresses)
}

/// Takes `host` and `port` as [`bind`] does, without listening there yet.
///
/// # Errors
/// [`BindError`], a sentence that says what to do.
pub async fn reserve(host: &str, port: u16) -> Result<Reserved, BindError> {
    let mut last = io::ErrorKind::NotFound.into();
    for address in addresses(host, port).await? {
        match take(address) {
            Ok(socket) => {
                let host = host.to_owned();
                return Ok(Reserved { socket, host, port });
            }
            Err(error) => last = error,
        }
    }
    Err(explain(host, port, last))
}

fn take(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A server that was just restarted gets its port back at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn explain(host: &str, port: u16, error: io::Error) -> BindError {
    let host = host.to_owned();
    match error.kind() {
        io::ErrorKind::AddrInUse => BindError::Taken { host, port },
        io::ErrorKind::PermissionDenied => BindError::Forbidden { port },
        io::ErrorKind::AddrNotAvailable => BindError::NotHere { host },
        _ => BindError::Other { host, port, error },
    }
}

/// Serves everybody who connects until `stopping` fires; then accepts no more, waits until the commands under way are
/// finished and their replies written, but no longer than [`Settings::ending`], and returns.
pub async fn serve<S: Service>(
    listener: TcpListener,
    service: Arc<S>,
    settings: Settings,
    stopping: CancellationToken,
) {
    let tracker = TaskTracker::new();
    let cut_off = CancellationToken::new();
    let mut admission = Admission::default();
    let counts = Counts::default();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stopping.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) if tracker.len() >= settings.connections => admission.refuse(&stream, &settings),
            Ok((stream, peer)) => {
                admission.admitted();
                let Some(counted) = Counted::within(&counts, peer.ip(), settings.per_address) else {
                    refuse_address(&stream, peer.ip(), &settings);
                    continue;
                };
                let (service, settings, stopping) = (Arc::clone(&service), settings.clone(), stopping.clone());
                let connection = async move {
                    prepare(&stream);
                    open_and_serve(stream, peer.ip(), &*service, &settings, &stopping).await;
                    drop(counted);
                };
                tracker.spawn(cut_off.clone().run_until_cancelled_owned(connection));
            }
            Err(error) => admission.failed(&error).await,
        }
    }
    drop(listener);
    tracker.close();
    if tokio::time::timeout(settings.ending, tracker.wait()).await.is_err() {
        tracing::warn!(
            connections = tracker.len(),
            "some commands did not finish in time; closing their connections"
        );
        cut_off.cancel();
        tracker.wait().await;
    }
}

async fn open_and_serve<S: Service>(
    stream: TcpStream,
    peer: IpAddr,
    service: &S,
    settings: &Settings,
    stopping: &CancellationToken,
) {
    let Some(tls) = &settings.tls else {
        return serve_connection(stream, Some(peer), service, settings, stopping).await;
    };
    let opened = tokio::select! {
        opened = tls.open(stream, settings.first_line) => opened,
        () = stopping.cancelled() => return,
    };
    match opened {
        Opened::Secured(stream) => serve_connection(stream, Some(peer), service, settings, stopping).await,
        Opened::Plain(stream) => serve_connection(stream, Some(peer), service, settings, stopping).await,
        Opened::NoTls(stream) => {
            refuse_gently(stream, "This server speaks TLS only: start the client with --tls").await
        }
        Opened::Silent => settings.overruns.count("first-line", &peer),
        Opened::Failed => {}
    }
}

/// How many connections there are from each origin.
type Counts = Arc<Mutex<HashMap<Origin, usize>>>;

/// One of them, while it lasts.
struct Counted {
    counts: Counts,
    origin: Origin,
}

impl Counted {
    fn within(counts: &Counts, address: IpAddr, most: usize) -> Option<Counted> {
        let origin = Origin::of(Some(address));
        let mut all = counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.entry(origin).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Counted {
            counts: Arc::clone(counts),
            origin,
        })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut all = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = all.entry(self.origin) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

fn refuse_address(stream: &TcpStream, address: IpAddr, settings: &Settings) {
    settings.overruns.count("connections", &address);
    let most = settings.per_address;
    refuse_plain(
        stream,
        settings,
        &format!("There are {most} connections from your address, which is the most; close some and try again"),
    );
}

/// Whoever expects TLS would take a sentence without it for a server without it: there the connection is only closed.
fn refuse_plain(stream: &TcpStream, settings: &Settings, why: &str) {
    if settings.tls.is_none() {
        refuse(stream, why);
    }
}

/// As much as fits at once: a client that is refused is not waited for.
fn refuse(stream: &TcpStream, why: &str) {
    let _ = stream.try_write(format!("{}\n", Reply::refused(why).to_line()).as_bytes());
}

/// What has come is read first: closed with something unread, a connection is reset, and the refusal lost.
async fn refuse_gently(mut stream: TcpStream, why: &str) {
    refuse(&stream, why);
    let _ = stream.shutdown().await;
    let mut rest = (&mut stream).take(REFUSED_BYTES);
    let _ = timeout(REFUSED, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
}

/// Replies go out at once; a peer that vanished is found out.
fn prepare(stream: &TcpStream) {
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE)
        .with_interval(KEEPALIVE / 2)
        .with_retries(3);
    let prepared = stream
        .set_nodelay(true)
        .and_then(|()| SockRef::from(stream).set_tcp_keepalive(&keepalive))
        .and_then(|()| SockRef::from(stream).set_tcp_notsent_lowat(UNSENT));
    if let Err(error) = prepared {
        tracing::debug!(%error, "the client disconnected at once");
    }
}

/// Logs each trouble once, not for every connection.
#[derive(Debug, Default)]
struct Admission {
    full: bool,
    failing: bool,
}

impl Admission {
    fn admitted(&mut self) {
        *self = Admission::default();
    }

    fn refuse(&mut self, stream: &TcpStream, settings: &Settings) {
        let connections = settings.connections;
        if !std::mem::replace(&mut self.full, true) {
            tracing::warn!(connections, "full: refusing new connections until others are closed");
        }
        refuse_plain(
            stream,
            settings,
            &format!("The server has its {connections} connections; try again later"),
        );
    }

    async fn failed(&mut self, error: &io::Error) {
        if is_the_clients(error) {
            return;
        }
        if !std::mem::replace(&mut self.failing, true) {
            tracing::warn!(%error, "cannot accept connections; trying again (raise `ulimit -n` where it says too many files)");
        }
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

/// The client was gone before its connection was accepted: nothing is wrong here.
fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}
