//! How a connection begins: who we are, what we subscribe to, and what time it is at the broker.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::RngExt;
use tokio::sync::mpsc;

use super::frame::{Command, Frame, destination};
use super::refusal::refusal;
use super::socket::{Reading, Socket, Writing, split};
use crate::address::Address;
use crate::protocol::{ConnectError, HEARTBEAT, INCOMING, Incoming, LostError, milliseconds};
use tenfold_core::protocol::Endpoint;

/// What a message to ourselves is marked with, before a number.
const MARK: &str = "tenfold-clock-";
/// How far the two clocks may be apart, and how long such a message stays if we are gone before it comes back.
const CLOCKS_APART: Duration = Duration::from_secs(24 * 60 * 60);
/// How much longer than promised a sign of life may take.
const PATIENCE: u32 = 3;

/// A connection that has begun.
pub(super) struct Handshake {
    pub reading: Reading,
    pub writing: Writing,
    pub address: Address,
    pub product: String,
    /// After how long without a word we give a sign of life; none where the broker wants none.
    pub beat: Option<Duration>,
    /// How far the broker's clock is ahead of ours, in milliseconds.
    pub ahead: i64,
}

impl Handshake {
    /// Logs in.
    pub async fn begin(socket: Socket, address: &Address, endpoint: &Endpoint) -> Result<Handshake, ConnectError> {
        let (mut reading, mut writing) = split(socket);
        // A broker that closes the connection may have sent the reason before.
        let sent = writing.send([login(address, endpoint)]).await;
        let frame = reading
            .next_frame()
            .await
            .map_err(|lost| unexpected(sent.err().unwrap_or(lost)))?;
        match frame.command {
            Command::Connected => {}
            Command::Error => return Err(refusal(&frame, address)),
            other => {
                return Err(ConnectError::Unexpected(format!(
                    "a {} before it knows us",
                    other.name()
                )));
            }
        }
        if let Some(version) = frame.header("version").filter(|version| *version != "1.2") {
            return Err(ConnectError::Unexpected(format!(
                "it speaks STOMP {version:.10} and not 1.2"
            )));
        }
        let (beat, patience) = heartbeats(frame.header("heart-beat").unwrap_or_default());
        reading.patience = patience;
        Ok(Handshake {
            reading,
            writing,
            address: address.clone(),
            product: product(frame.header("server").unwrap_or_default()),
            beat,
            ahead: 0,
        })
    }

    /// Consumes from `queue`. What waits there goes to `incoming`, as far as there is room: whoever connects looks into the
    /// log for what is older.
    pub async fn listen(&mut self, queue: &str, incoming: &mpsc::Sender<Incoming>) -> Result<(), ConnectError> {
        let mark = format!("{MARK}{:x}", rand::rng().random::<u128>());
        let sent = self
            .writing
            .send([subscription(queue), to_ourselves(queue, &mark)])
            .await;
        sent.map_err(unexpected)?;
        let (mut is_subscribed, mut clock) = (false, None);
        while !is_subscribed || clock.is_none() {
            let frame = self.reading.next_frame().await.map_err(unexpected)?;
            match frame.command {
                Command::Receipt if frame.header("receipt-id") == Some("subscribed") => is_subscribed = true,
                Command::Message if frame.header("correlation-id") == Some(&mark) => clock = Some(ahead(&frame)),
                Command::Message if is_from_ourselves(&frame) => {}
                Command::Message => drop(incoming.try_send(Incoming::Message(frame.body))),
                Command::Error => return Err(refusal(&frame, &self.address)),
                _ => {}
            }
        }
        self.ahead = clock.unwrap_or_default();
        Ok(())
    }
}

fn unexpected(lost: LostError) -> ConnectError {
    ConnectError::Unexpected(lost.0)
}

fn login(address: &Address, endpoint: &Endpoint) -> Frame {
    let host = address.virtual_host.as_ref().unwrap_or(&endpoint.host);
    let beat = HEARTBEAT.as_millis();
    let mut frame = Frame::new(Command::Connect)
        .with("accept-version", "1.2")
        .with("host", host)
        .with("heart-beat", format!("{beat},{beat}"));
    if let Some(user) = &address.user {
        frame = frame
            .with("login", user)
            .with("passcode", address.password.as_deref().unwrap_or_default());
    }
    frame
}

fn subscription(queue: &str) -> Frame {
    Frame::new(Command::Subscribe)
        .with("id", "0")
        .with("destination", destination(queue))
        .with("ack", "auto")
        .with("activemq.prefetchSize", INCOMING.to_string())
        .with("receipt", "subscribed")
}

fn to_ourselves(queue: &str, mark: &str) -> Frame {
    let expires = now().saturating_add(milliseconds(CLOCKS_APART));
    Frame::new(Command::Send)
        .with("destination", destination(queue))
        .with("persistent", "false")
        .with("expires", expires.to_string())
        .with("correlation-id", mark)
        .carrying(Vec::new())
}

/// One of ours, perhaps of an earlier connection's.
fn is_from_ourselves(message: &Frame) -> bool {
    let mark = message.header("correlation-id");
    mark.is_some_and(|mark| mark.starts_with(MARK)) && message.body.is_empty()
}

/// How far the clock is ahead of ours that the broker stamped the message by.
fn ahead(message: &Frame) -> i64 {
    let stamp = message.header("timestamp").and_then(|stamp| stamp.parse::<i64>().ok());
    stamp.map_or(0, |stamp| stamp.saturating_sub(now()))
}

/// After how long we give a sign of life, and how long the broker may give none, from what it can give and wants. It ends
/// connections soon after the time that it wants, so we send one twice as often.
fn heartbeats(offer: &str) -> (Option<Duration>, Option<Duration>) {
    let (gives, wants) = offer.split_once(',').unwrap_or_default();
    let interval = |text: &str| {
        let theirs = text.trim().parse::<u32>().ok().filter(|interval| *interval > 0)?;
        Some(HEARTBEAT.max(Duration::from_millis(theirs.into())))
    };
    (
        interval(wants).map(|interval| interval / 2),
        interval(gives).map(|interval| interval * PATIENCE),
    )
}

/// It calls itself `ActiveMQ/5.17.2`.
fn product(server: &str) -> String {
    let words: String = server
        .replace('/', " ")
        .chars()
        .filter(|c| !c.is_control())
        .take(60)
        .collect();
    match words.trim() {
        "" => "a STOMP broker without a name".into(),
        words => words.into(),
    }
}

/// Our clock, in milliseconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    milliseconds(since.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activemq_signs_of_life_are_as_often_as_both_can_bear() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for (offer, agreed) in [
            ("5000,5000", (Some(HEARTBEAT / 2), Some(HEARTBEAT * PATIENCE))),
            ("0,0", (None, None)),
            ("0,20000", (seconds(10), None)),
            ("20000,0", (None, seconds(60))),
            ("", (None, None)),
            ("x,-1", (None, None)),
        ] {
            assert_eq!(heartbeats(offer), agreed, "{offer}");
        }
    }

    #[test]
    fn activemq_is_called_what_it_calls_itself() {
        assert_eq!(product("ActiveMQ/5.17.2"), "ActiveMQ 5.17.2");
        assert_eq!(product("\u{1b}"), "a STOMP broker without a name");
    }

    #[test]
    fn activemq_clock_is_what_the_broker_stamps_with() {
        let message = |stamp: i64| Frame::new(Command::Message).with("timestamp", stamp.to_string());
        assert!((ahead(&message(now() + 100_000)) - 100_000).abs() < 60_000);
        assert!((ahead(&message(now() - 100_000)) + 100_000).abs() < 60_000);
        assert_eq!(ahead(&Frame::new(Command::Message)), 0);
    }
}
