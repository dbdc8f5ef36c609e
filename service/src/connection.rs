//! One connection from its first byte to its last: read, answer, write, all within bounds.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::mem::MaybeUninit;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::ready;
use std::time::Duration;

use tenfold_core::ids::{CommandId, SessionId};
use tenfold_core::protocol::{Line, LineBuffer, Reply, Request, text};
use tenfold_core::quota::Quotas;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use uuid::Uuid;

use crate::outbound::Outbound;
use crate::overrun::Overruns;
use crate::slowing::Slowing;
use crate::span;
use crate::tls::{ClientTls, HANDSHAKE_RECORD, MAJOR_VERSION};

/// Read at once, in bytes. It lies on the stack while it is read into: an idle connection holds no buffer.
const CHUNK: usize = 8 * 1024;
/// What a line costs beside its bytes.
const LINE_COST: usize = 64;

/// The bounds of connections, and of a server's end.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many bytes may wait to be answered before no more are read.
    pub inbound: usize,
    /// How many bytes may wait to be written before no more commands are taken and no more is pushed.
    pub outbound: usize,
    /// A client that takes not a byte for so long is given up.
    pub stuck: Duration,
    /// How many clients may be connected.
    pub connections: usize,
    /// How many of them from one address.
    pub per_address: usize,
    /// How long a connection may take to its first line.
    pub first_line: Duration,
    /// How long one may be idle that its conversation does not [need](Conversation::is_needed).
    pub idle: Duration,
    /// What went beyond a quota.
    pub overruns: Arc<Overruns>,
    /// How long a stopping server may take to finish the commands it has.
    pub ending: Duration,
    /// What slows down those who are refused too often.
    pub slowing: Arc<Slowing>,
    /// TLS, where it is spoken.
    pub tls: Option<Arc<ClientTls>>,
}

impl Settings {
    /// With these quotas.
    #[must_use]
    pub fn with_quotas(self, quotas: &Quotas) -> Settings {
        Settings {
            per_address: quotas.connections_per_address,
            first_line: quotas.first_line,
            idle: quotas.idle,
            ..self
        }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            inbound: 64 * 1024,
            outbound: 256 * 1024,
            stuck: Duration::from_secs(30),
            connections: 20_000,
            per_address: Quotas::default().connections_per_address,
            first_line: Quotas::default().first_line,
            idle: Quotas::default().idle,
            overruns: Arc::default(),
            ending: Duration::from_secs(5),
            slowing: Arc::default(),
            tls: None,
        }
    }
}

/// A server: it begins a conversation with every client that connects.
pub trait Service: Send + Sync + 'static {
    /// What it keeps of one connection.
    type Conversation: Conversation;

    /// A client connected. `peer` is nobody where the stream has no address. Pushes go to `outbound`, which may be
    /// cloned and kept; sending to it is harmless once the connection is gone.
    fn begin(&self, peer: Option<IpAddr>, outbound: Outbound) -> Self::Conversation;
}

/// One connection's state. It is dropped when the connection is over.
pub trait Conversation: Send + 'static {
    /// Answers a request. Requests come one by one: the next is read when this one is answered. `id` is the command's id:
    /// the client's, or a fresh one where the client chose none. The call runs in the span of the command, in which the
    /// conversation records what it learns: see [`span`].
    ///
    /// What waits for something other than its own command's work must stop when [`Outbound::disconnected`] fires.
    fn answer(&mut self, request: &Request<'_>, id: CommandId) -> impl Future<Output = Answer> + Send;

    /// Whether the connection is of use also where no line comes for a long time.
    fn is_needed(&self) -> bool {
        false
    }
}

/// What a request is answered with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The reply, if there is one.
    pub reply: Option<Reply>,
    /// The live session that asked, where it is known: its refusals are slowed when they are too many.
    pub session: Option<SessionId>,
}

impl Answer {
    /// No reply: the request asks for none, or its reply was sent already.
    pub fn none() -> Answer {
        Answer::default()
    }

    /// The same answer, to this session.
    pub fn to(self, session: SessionId) -> Answer {
        Answer {
            session: Some(session),
            ..self
        }
    }

    /// Whether it is a refusal that counts against whoever asked. Being sent elsewhere doesn't.
    fn is_refusal(&self) -> bool {
        self.reply
            .as_ref()
            .is_some_and(|reply| reply.status != 0 && reply.moved.is_none())
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Answer {
        Answer {
            reply: Some(reply),
            session: None,
        }
    }
}

/// Serves one client until it disconnects or `stopping` fires, and what it has sent by then is answered.
pub async fn serve_connection<S: Service>(
    stream: impl AsyncRead + AsyncWrite,
    peer: Option<IpAddr>,
    service: &S,
    settings: &Settings,
    stopping: &CancellationToken,
) {
    let (mut reading, mut writing) = tokio::io::split(stream);
    let outbound = Outbound::new(settings.outbound);
    let conversation = service.begin(peer, outbound.clone());
    let connection = Connection {
        peer,
        inbound: Inbound::new(settings.inbound),
        outbound: &outbound,
        settings,
        stopping,
    };
    let write = async {
        if let Err(error) = outbound.write_to(&mut writing, settings.stuck).await {
            tracing::debug!(%error, "closing a connection that cannot be written to");
        }
        outbound.close();
    };
    // One task for the three: none waits for the others but where a bound says so.
    tokio::join!(
        connection.inbound.fill(&mut reading, &outbound, stopping),
        connection.answer_all(conversation),
        write
    );
}

struct Connection<'connection> {
    peer: Option<IpAddr>,
    inbound: Inbound,
    outbound: &'connection Outbound,
    settings: &'connection Settings,
    stopping: &'connection CancellationToken,
}

impl Connection<'_> {
    async fn answer_all(&self, mut conversation: impl Conversation) {
        let mut limit = self.settings.first_line;
        loop {
            let line = match timeout(limit, self.inbound.next()).await {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(_) if conversation.is_needed() => continue,
                Err(_) => {
                    self.leave_idle(limit);
                    break;
                }
            };
            limit = self.settings.idle;
            self.outbound.room().await;
            let answer = answer(&mut conversation, line).await;
            if answer.is_refusal() {
                self.slow_down(&answer).await;
            }
            if let Some(reply) = answer.reply {
                self.outbound.send(&reply.to_line());
            }
        }
        drop(conversation);
        self.outbound.finish();
    }

    /// Whoever has asked nothing yet is told why; to whoever has, a line would look like the answer to what they ask next.
    fn leave_idle(&self, limit: Duration) {
        if limit != self.settings.first_line {
            return;
        }
        if let Some(peer) = self.peer {
            self.settings.overruns.count("first-line", &peer);
        }
        let seconds = limit.as_secs();
        let reply = Reply::refused(format!(
            "No command came within {seconds} seconds; connect again when there is one"
        ));
        self.outbound.send(&reply.to_line());
    }

    async fn slow_down(&self, answer: &Answer) {
        let delay = self.settings.slowing.refused(self.peer, answer.session);
        if delay.is_zero() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = self.outbound.closed() => {}
            () = self.stopping.cancelled() => {}
        }
    }
}

async fn answer(conversation: &mut impl Conversation, line: Line) -> Answer {
    let line = match line {
        Line::Text(line) => line,
        Line::TooLong => return Reply::refused(text::LINE_TOO_LONG).into(),
        Line::NotText => return Reply::refused(text::NOT_TEXT).into(),
    };
    let Some(request) = Request::parse(&line) else {
        return Answer::none();
    };
    let id = request.id.unwrap_or_else(|| CommandId(Uuid::now_v7()));
    let answering = async {
        let answer = conversation.answer(&request, id).await;
        tracing::debug!(status = answer.reply.as_ref().map(|reply| reply.status), "answered");
        answer
    };
    // On the heap while it lasts: an idle connection does not pay for the largest command's state.
    Box::pin(answering.instrument(span::command(id))).await
}

/// The lines that wait for their answers: bounded, so that a client can send many before it reads one reply, and its
/// disconnecting is still noticed while one of them is under way.
#[derive(Debug)]
struct Inbound {
    waiting: Mutex<Waiting>,
    limit: usize,
    filled: Notify,
    emptied: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: VecDeque<Line>,
    bytes: usize,
    ended: bool,
}

impl Waiting {
    fn push(&mut self, line: Line) {
        self.bytes += cost(&line);
        self.lines.push_back(line);
    }
}

impl Inbound {
    /// Reads on while fewer than `limit` bytes wait.
    fn new(limit: usize) -> Inbound {
        Inbound {
            waiting: Mutex::default(),
            limit,
            filled: Notify::new(),
            emptied: Notify::new(),
        }
    }

    /// The next line, when it is there; `None` when no more will come.
    async fn next(&self) -> Option<Line> {
        loop {
            {
                let mut waiting = self.waiting();
                if let Some(line) = waiting.lines.pop_front() {
                    waiting.bytes -= cost(&line);
                    drop(waiting);
                    self.emptied.notify_one();
                    return Some(line);
                }
                waiting.lines.shrink_to(16);
                if waiting.ended {
                    return None;
                }
            }
            self.filled.notified().await;
        }
    }

    /// Reads lines until the client disconnects, the connection is closed or the server is stopping. What is left of a
    /// line without its end is no request, and is dropped: it may be the half of one.
    async fn fill(&self, stream: &mut (impl AsyncRead + Unpin), outbound: &Outbound, stopping: &CancellationToken) {
        let (mut buffer, mut is_first) = (LineBuffer::new(), true);
        let over = async {
            tokio::select! {
                () = outbound.closed() => {}
                () = stopping.cancelled() => {}
            }
        };
        tokio::pin!(over);
        loop {
            let read = tokio::select! {
                biased;
                () = &mut over => break,
                read = self.read_when_room(stream, &mut buffer) => read,
            };
            if !matches!(read, Ok(1..)) {
                break;
            }
            if std::mem::take(&mut is_first) && buffer.begins_with(&[HANDSHAKE_RECORD, MAJOR_VERSION]) {
                // What follows may have no line end; whoever speaks TLS sees by any answer that nobody else does here.
                self.waiting().push(Line::NotText);
                break;
            }
            self.take_lines(&mut buffer);
        }
        outbound.disconnected().cancel();
        self.waiting().ended = true;
        self.filled.notify_one();
    }

    async fn read_when_room(
        &self,
        stream: &mut (impl AsyncRead + Unpin),
        buffer: &mut LineBuffer,
    ) -> io::Result<usize> {
        while self.waiting().bytes >= self.limit {
            self.emptied.notified().await;
        }
        read_some(stream, buffer).await
    }

    fn take_lines(&self, buffer: &mut LineBuffer) {
        let mut waiting = self.waiting();
        while let Some(line) = buffer.next_line() {
            if !is_blank(&line) {
                waiting.push(line);
            }
        }
        drop(waiting);
        self.filled.notify_one();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing inside can be left half done by a panic.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read_some(stream: &mut (impl AsyncRead + Unpin), buffer: &mut LineBuffer) -> io::Result<usize> {
    poll_fn(|context| {
        let mut chunk = [MaybeUninit::uninit(); CHUNK];
        let mut chunk = ReadBuf::uninit(&mut chunk);
        ready!(Pin::new(&mut *stream).poll_read(context, &mut chunk))?;
        buffer.push(chunk.filled());
        Ok(chunk.filled().len()).into()
    })
    .await
}

fn cost(line: &Line) -> usize {
    match line {
        Line::Text(text) => text.len() + LINE_COST,
        Line::TooLong | Line::NotText => LINE_COST,
    }
}

/// An empty line gets no reply.
fn is_blank(line: &Line) -> bool {
    matches!(line, Line::Text(text) if text.bytes().all(|byte| byte == b' ' || byte == b'\t'))
}
