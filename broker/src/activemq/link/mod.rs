//! A connection that has begun: one task reads and writes it, and ends with its [`Link`].

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::frame::{Command, Frame, destination};
use super::handshake::{Handshake, now};
use super::refusal::reason;
use super::socket::{Reading, Writing};
use crate::address::Address;
use crate::protocol::{Incoming, Link, LostError, MESSAGE_LIFE, Sending, milliseconds};

/// How many frames may wait to be written; those are written together.
const WAITING: usize = 16;
/// What waits for DISCONNECT's receipt.
const CLOSING: &str = "closing";
/// How long to look for the reason that the broker may have sent before it closed the connection, once writing fails.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Drives the connection in a task of its own, which ends when what it returns is dropped.
pub(super) fn begin(handshake: Handshake, sender: mpsc::Sender<Incoming>, incoming: mpsc::Receiver<Incoming>) -> Link {
    let (frames, waiting) = mpsc::channel(WAITING);
    let why = Arc::new(OnceLock::new());
    let sending = Outlet {
        frames,
        ahead: handshake.ahead,
        why: why.clone(),
    };
    let product = handshake.product.clone();
    tokio::spawn(drive(handshake, sender, waiting, why));
    Link {
        product,
        sending: Box::new(sending),
        incoming,
    }
}

/// Both ways are driven at once: neither waits for the other, or two sides that both write would wait for ever.
async fn drive(
    handshake: Handshake,
    incoming: mpsc::Sender<Incoming>,
    mut waiting: mpsc::Receiver<Frame>,
    why: Arc<OnceLock<LostError>>,
) {
    let Handshake {
        reading,
        writing,
        address,
        beat,
        ..
    } = handshake;
    let lost = tokio::select! {
        // What was read says best why it is over.
        biased;
        lost = read(reading, &incoming, &address) => lost,
        lost = write(writing, &mut waiting, beat) => lost,
        () = incoming.closed() => return,
    };
    // Before whoever publishes finds nobody there.
    let _ = why.set(lost.clone());
    drop(waiting);
    let _ = incoming.send(Incoming::Lost(lost.0)).await;
}

async fn read(mut reading: Reading, incoming: &mpsc::Sender<Incoming>, address: &Address) -> LostError {
    loop {
        let frame = reading.next_frame().await;
        match frame.and_then(|frame| understand(frame, address)) {
            Ok(Some(what)) => {
                // Waits where nobody takes it: then no more is read, and the broker keeps it.
                if incoming.send(what).await.is_err() {
                    return LostError("we have closed the connection".into());
                }
            }
            Ok(None) => {}
            Err(lost) => return lost,
        }
    }
}

fn understand(frame: Frame, address: &Address) -> Result<Option<Incoming>, LostError> {
    match frame.command {
        Command::Message => Ok(Some(Incoming::Message(frame.body))),
        Command::Receipt => match frame.header("receipt-id") {
            Some(CLOSING) => Err(LostError("we have closed the connection".into())),
            receipt => Ok(receipt.and_then(|tag| tag.parse().ok()).map(Incoming::Confirmed)),
        },
        Command::Error => Err(LostError(reason(&frame, address))),
        other => Err(LostError(format!("it sends a {} without being asked", other.name()))),
    }
}

async fn write(mut writing: Writing, waiting: &mut mpsc::Receiver<Frame>, beat: Option<Duration>) -> LostError {
    let mut frames = Vec::with_capacity(WAITING);
    loop {
        let next = waiting.recv_many(&mut frames, WAITING);
        let written = match timeout(beat.unwrap_or(Duration::MAX), next).await {
            Ok(0) => return LostError("we have closed the connection".into()),
            Ok(_) => writing.send(frames.drain(..)).await,
            Err(_) => writing.heartbeat().await,
        };
        if let Err(lost) = written {
            sleep(LAST_WORDS).await;
            return lost;
        }
    }
}

/// The way out.
struct Outlet {
    frames: mpsc::Sender<Frame>,
    /// How far the broker's clock is ahead of ours, in milliseconds.
    ahead: i64,
    why: Arc<OnceLock<LostError>>,
}

impl Sending for Outlet {
    /// Whole frames are given to the task, so that one who waits no longer leaves nothing half written.
    fn publish<'a>(&'a mut self, queue: &'a str, tag: u64, body: String) -> BoxFuture<'a, Result<(), LostError>> {
        let frame = message(queue, tag, body, now().saturating_add(self.ahead));
        Box::pin(async move {
            let gone = |_| LostError("the connection was closed".into());
            let sent = self.frames.send(frame).await.map_err(gone);
            sent.map_err(|lost| self.why.get().cloned().unwrap_or(lost))
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let disconnect = Frame::new(Command::Disconnect).with("receipt", CLOSING);
            if self.frames.send(disconnect).await.is_ok() {
                self.frames.closed().await;
            }
        })
    }
}

/// A message that the broker, whose clock shows `now`, drops when nobody fetches it in time.
fn message(queue: &str, tag: u64, body: String, now: i64) -> Frame {
    let expires = now.saturating_add(milliseconds(MESSAGE_LIFE));
    Frame::new(Command::Send)
        .with("destination", destination(queue))
        .with("receipt", tag.to_string())
        .with("content-type", "text/plain")
        .with("persistent", "false")
        .with("expires", expires.to_string())
        .carrying(body.into_bytes())
}

#[cfg(test)]
mod tests;
