//! What a connection sent and nobody has answered yet: bounded, so that a client can send many lines before it reads
//! one, and its hanging up is still noticed while one of them is under way.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::ready;

use tenfold_core::protocol::lines::{Line, LineBuffer};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::outbound::Outbound;

/// Read at once. It lies on the stack while it is read into: an idle connection holds no buffer.
const CHUNK: usize = 8 * 1024;
/// What a line costs beside its bytes.
const LINE_COST: usize = 64;

/// The lines that wait for their answers.
#[derive(Debug)]
pub(crate) struct Inbound {
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

impl Inbound {
    /// Reads on while fewer than `limit` bytes wait.
    pub fn new(limit: usize) -> Inbound {
        Inbound {
            waiting: Mutex::default(),
            limit,
            filled: Notify::new(),
            emptied: Notify::new(),
        }
    }

    /// The next line, when it is there; `None` when no more will come.
    pub async fn next(&self) -> Option<Line> {
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

    /// Reads lines until the client hangs up, the connection is closed or the server is stopping. What is left of a
    /// line without its end is no request, and is dropped: it may be the half of one.
    pub async fn fill(&self, stream: &mut (impl AsyncRead + Unpin), outbound: &Outbound, stopping: &CancellationToken) {
        let mut buffer = LineBuffer::new();
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
            self.take_lines(&mut buffer);
        }
        outbound.hung_up().cancel();
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
                waiting.bytes += cost(&line);
                waiting.lines.push_back(line);
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
