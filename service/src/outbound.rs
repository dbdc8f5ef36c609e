//! What waits to be written to one connection: bounded, and written many lines at once.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// A buffer that has grown beyond this, in bytes, is given back when it is written.
const KEPT_CAPACITY: usize = 16 * 1024;

/// The lines that wait to be written to a connection. Clones are handles to the same queue.
#[derive(Clone, Debug)]
pub struct Outbound(Arc<Shared>);

/// There is no room: the client does not read as fast as it is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client does not read as fast as it is written to")]
pub struct FullError;

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    /// Bytes above which there is no room.
    limit: usize,
    /// Something is there to be written, or nothing will follow.
    filled: Notify,
    /// There is room again.
    room: Notify,
    disconnected: CancellationToken,
    closed: CancellationToken,
}

#[derive(Debug, Default)]
struct Queue {
    /// Lines with their ends, one after the other, so that they are written in one go.
    pending: Vec<u8>,
    /// How many bytes the writer has taken and not yet written.
    in_flight: usize,
    /// Nothing will follow.
    finished: bool,
    /// Notified once when there is room.
    on_room: Option<Arc<Notify>>,
}

impl Outbound {
    /// An empty queue with room for `limit` bytes.
    pub fn new(limit: usize) -> Outbound {
        Outbound(Arc::new(Shared {
            queue: Mutex::default(),
            limit,
            filled: Notify::new(),
            room: Notify::new(),
            disconnected: CancellationToken::new(),
            closed: CancellationToken::new(),
        }))
    }

    /// Queues a line (given without its end), if there is room.
    ///
    /// # Errors
    /// [`FullError`]; try again when there [is room](Self::notify_when_room). A closed connection takes everything, and
    /// forgets it.
    pub fn push(&self, line: &str) -> Result<(), FullError> {
        if !self.has_room() {
            return Err(FullError);
        }
        self.send(line);
        Ok(())
    }

    /// Queues a line (given without its end) whether there is room or not. For replies: a conversation is asked
    /// only while there is room, so there is at most one too many.
    pub fn send(&self, line: &str) {
        if self.is_closed() {
            return;
        }
        let mut queue = self.queue();
        queue.pending.reserve(line.len() + 1);
        queue.pending.extend_from_slice(line.as_bytes());
        queue.pending.push(b'\n');
        drop(queue);
        self.0.filled.notify_one();
    }

    /// Whether [`push`](Self::push) would take a line now.
    pub fn has_room(&self) -> bool {
        self.is_closed() || self.queue().bytes() < self.0.limit
    }

    /// Notifies `wake_up` once as soon as there is room again, at once where there is some; only the last one given counts.
    pub fn notify_when_room(&self, wake_up: &Arc<Notify>) {
        self.queue().on_room = Some(Arc::clone(wake_up));
        if self.has_room() {
            self.made_room();
        }
    }

    /// Fires when the client has disconnected or its connection broke: whoever waits on its behalf should wait no more.
    /// Lines that it sent before are still answered.
    pub fn disconnected(&self) -> &CancellationToken {
        &self.0.disconnected
    }

    /// Whether nothing can be written any more.
    pub fn is_closed(&self) -> bool {
        self.0.closed.is_cancelled()
    }

    /// Ends when nothing can be written any more.
    pub async fn closed(&self) {
        self.0.closed.cancelled().await;
    }

    /// Closes the connection, without writing what waits.
    pub fn close(&self) {
        self.0.disconnected.cancel();
        self.0.closed.cancel();
        let mut queue = self.queue();
        queue.pending = Vec::new();
        queue.in_flight = 0;
        drop(queue);
        self.0.filled.notify_one();
        self.made_room();
    }

    /// Takes off what waits, as if it had been written. For those who test without a connection.
    pub fn drain(&self) -> String {
        let pending = std::mem::take(&mut self.queue().pending);
        self.made_room();
        String::from_utf8_lossy(&pending).into_owned()
    }

    /// What was queued is to be the last.
    pub(crate) fn finish(&self) {
        self.queue().finished = true;
        self.0.filled.notify_one();
    }

    /// Ends when there is room, or nothing to keep room for.
    pub(crate) async fn room(&self) {
        while !self.has_room() {
            self.0.room.notified().await;
        }
    }

    /// Writes all that is queued, as many lines at once as there are, until nothing will follow.
    ///
    /// # Errors
    /// The stream's; `TimedOut` where the client took not a byte for the time `stuck`.
    pub(crate) async fn write_to(&self, stream: &mut (impl AsyncWrite + Unpin), stuck: Duration) -> io::Result<()> {
        let mut batch = Vec::new();
        while self.next_batch(&mut batch).await {
            self.write_batch(stream, &batch, stuck).await?;
            if batch.capacity() > KEPT_CAPACITY {
                batch = Vec::new();
            }
        }
        timeout(stuck, stream.shutdown()).await?
    }

    async fn write_batch(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        mut batch: &[u8],
        stuck: Duration,
    ) -> io::Result<()> {
        while !batch.is_empty() {
            let written = timeout(stuck, stream.write(batch)).await??;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            batch = &batch[written..];
            self.wrote(written);
        }
        // A stream that encrypts may hold back what it was given.
        timeout(stuck, stream.flush()).await?
    }

    /// Puts all that waits in place of `batch`. False when nothing will follow.
    async fn next_batch(&self, batch: &mut Vec<u8>) -> bool {
        batch.clear();
        loop {
            {
                let mut queue = self.queue();
                if !queue.pending.is_empty() {
                    std::mem::swap(&mut queue.pending, batch);
                    queue.in_flight = batch.len();
                    return true;
                }
                if queue.finished || self.is_closed() {
                    return false;
                }
            }
            self.0.filled.notified().await;
        }
    }

    /// So many of the batch's bytes are written.
    fn wrote(&self, bytes: usize) {
        let mut queue = self.queue();
        queue.in_flight = queue.in_flight.saturating_sub(bytes);
        let has_room = queue.bytes() < self.0.limit;
        drop(queue);
        if has_room {
            self.made_room();
        }
    }

    fn made_room(&self) {
        self.0.room.notify_one();
        let on_room = self.queue().on_room.take();
        if let Some(wake_up) = on_room {
            wake_up.notify_one();
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing inside can be left half done by a panic.
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn bytes(&self) -> usize {
        self.pending.len() + self.in_flight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_that_wait_are_taken_together() {
        let outbound = Outbound::new(100);
        outbound.send("one");
        outbound.push("two").unwrap();
        let mut batch = Vec::new();
        assert!(outbound.next_batch(&mut batch).await);
        assert_eq!(batch, b"one\ntwo\n");
        outbound.finish();
        assert!(!outbound.next_batch(&mut batch).await);
    }

    #[tokio::test]
    async fn a_full_queue_takes_no_push_until_it_is_written() {
        let outbound = Outbound::new(4);
        let wake_up = Arc::new(Notify::new());
        outbound.push("four").unwrap();
        assert_eq!(outbound.push("x"), Err(FullError));
        outbound.notify_when_room(&wake_up);
        let mut batch = Vec::new();
        outbound.next_batch(&mut batch).await;
        assert_eq!(outbound.push("x"), Err(FullError), "taken is not written");
        outbound.wrote(batch.len());
        wake_up.notified().await;
        outbound.push("x").unwrap();
    }

    #[tokio::test]
    async fn a_closed_queue_forgets() {
        let outbound = Outbound::new(1);
        outbound.send("secret");
        outbound.close();
        outbound.push("more").unwrap();
        outbound.room().await;
        assert!(!outbound.next_batch(&mut Vec::new()).await);
        assert!(outbound.disconnected().is_cancelled());
    }
}
