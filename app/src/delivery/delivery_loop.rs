//! Delivery: the handle by which connections and transports ask for it, and the one task that reads the log for every
//! session that is attached.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tenfold_broker::transport::Transport;
use tenfold_core::command::Actor;
use tenfold_core::envelope::MessageNotice;
use tenfold_core::ids::{InstanceId, Position, SessionId};
use tenfold_core::protocol::Push;
use tenfold_log::read::{Delivered, ReadError, Reader, SessionStatus};
use tenfold_service::{Outbound, span};
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::acknowledgements::Acknowledgements;
pub use super::attachments::ConnectionId;
use super::attachments::{Attachments, Round, SessionUpdate, Update};
use super::reorder_buffer::ReorderBuffer;

/// How often the log is polled: notifications may get lost.
const POLL: Duration = Duration::from_millis(250);
/// While a broker brings what there is, and reports where it failed.
const POLL_BESIDE_BROKER: Duration = Duration::from_millis(750);
/// What a notification was for may stand behind an append that is still under way: then the log is read again soon, and
/// less and less often.
const FIRST_RETRY: Duration = Duration::from_millis(1);
/// The longest pause while somebody waits.
const LONGEST_RETRY: Duration = Duration::from_millis(20);
/// After the database failed.
const RECOVERY: Duration = Duration::from_secs(1);
/// How many are read for one session at a time.
const AT_ONCE: i64 = 256;
/// Where they are long: so many bytes of them, which is about what a connection takes. What it does not take is read
/// again, so that reading many long ones for it would read each of them many times.
const BYTES_AT_ONCE: usize = 512 << 10;
/// However long they are.
const AT_LEAST: i64 = 8;

/// Wakes the loop for messages at known positions, so that nobody need ask how far the log reaches.
#[derive(Debug, Default)]
struct ArrivalSignal {
    arrived: Notify,
    farthest: AtomicI64,
}

impl ArrivalSignal {
    fn notify(&self, position: Position) {
        self.farthest.fetch_max(position.0, Ordering::Relaxed);
        self.arrived.notify_one();
    }

    fn farthest(&self) -> Position {
        Position(self.farthest.load(Ordering::Relaxed))
    }
}

/// Where connections ask for delivery. Clones are handles to the same.
#[derive(Clone, Debug, Default)]
pub struct Delivery {
    attachments: Arc<Mutex<Attachments>>,
    acknowledgements: Arc<Acknowledgements>,
    reorder_buffer: Arc<ReorderBuffer>,
    wake_up: Arc<Notify>,
    arrivals: Arc<ArrivalSignal>,
    asked: Arc<Notify>,
    connections: Arc<AtomicU64>,
}

impl Delivery {
    /// A name for a new connection.
    pub fn new_connection(&self) -> ConnectionId {
        ConnectionId(self.connections.fetch_add(1, Ordering::Relaxed))
    }

    /// From now on the connection gets what is for the actor after `from`.
    pub fn attach(&self, connection: ConnectionId, actor: Actor, from: Position, outbound: Outbound) {
        self.attachments().attach(connection, actor, from, outbound);
        self.wake_up.notify_one();
    }

    /// Whether any session is attached to the connection.
    pub fn is_attached(&self, connection: ConnectionId) -> bool {
        self.attachments().is_attached(connection)
    }

    /// How many connections the session is attached to, this one left out.
    pub fn others_of(&self, session: SessionId, connection: ConnectionId) -> usize {
        self.attachments().others_of(session, connection)
    }

    /// The connection is over.
    pub fn detach(&self, connection: ConnectionId) {
        self.attachments().detach(connection);
    }

    /// Notified when everything up to `to` has been pushed on the connection, or dropped when the session is detached
    /// before that. `None` where it is not attached.
    pub fn sync(&self, connection: ConnectionId, session: SessionId, to: Position) -> Option<oneshot::Receiver<()>> {
        let reached = self.attachments().sync(connection, session, to);
        self.wake_up.notify_one();
        reached
    }

    /// Ends when everything up to `to` has been pushed on every connection that is attached now, but those that end before.
    pub async fn all_reach(&self, to: Position) {
        let syncs = self.attachments().sync_all(to);
        self.wake_up.notify_one();
        for reached in syncs {
            // One that is dropped was detached.
            let _ = reached.await;
        }
    }

    /// Somebody asks whether everything has been pushed.
    pub fn ask(&self) {
        self.asked.notify_one();
    }

    /// Ends when somebody has asked.
    pub async fn is_asked(&self) {
        self.asked.notified().await;
    }

    /// The user has been shown everything up to there.
    pub fn acknowledge(&self, session: SessionId, shown: Position) {
        self.acknowledgements.note(session, shown);
    }

    /// Those that are attached now.
    pub fn attached(&self) -> Vec<SessionId> {
        self.attachments().sessions()
    }

    /// What has been shown and is not yet written.
    pub fn acknowledgements(&self) -> &Acknowledgements {
        &self.acknowledgements
    }

    /// These messages are for users of this server, some of whom may have got them already.
    pub fn received(&self, notices: Vec<MessageNotice>) {
        if self.attachments().is_empty() {
            // Whoever attaches reads the log.
            return;
        }
        if let Some(position) = self.reorder_buffer.hold(notices) {
            self.arrivals.notify(position);
        }
    }

    /// Makes the loop read the log up to its head.
    pub fn wake(&self) {
        self.wake_up.notify_one();
    }

    fn attachments(&self) -> MutexGuard<'_, Attachments> {
        self.attachments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the log is read.
#[derive(Clone, Copy, Debug)]
enum Reason {
    /// There may be something, up to the head.
    Notified,
    /// A broker has brought something, and its position is known.
    Arrived,
    /// It is time to poll.
    Poll,
}

/// Reads the log for everybody who is attached.
pub struct DeliveryLoop {
    delivery: Delivery,
    reader: Reader,
    instance: InstanceId,
    /// Where there is one.
    broker: Option<Arc<dyn Transport>>,
    /// Somebody waits for what stands up to here.
    wanted: Position,
    pause: Duration,
    limit: i64,
}

impl DeliveryLoop {
    /// For the connections that `delivery` knows, on the server `instance`.
    pub fn new(
        delivery: Delivery,
        reader: Reader,
        instance: InstanceId,
        broker: Option<Arc<dyn Transport>>,
    ) -> DeliveryLoop {
        DeliveryLoop {
            delivery,
            reader,
            instance,
            broker,
            wanted: Position::START,
            pause: POLL,
            limit: AT_ONCE,
        }
    }

    /// Delivers until `stopping` fires.
    pub async fn run(mut self, stopping: CancellationToken) {
        let span = span::delivery(self.instance);
        stopping.run_until_cancelled(self.deliver()).instrument(span).await;
    }

    async fn deliver(&mut self) {
        loop {
            let reason = self.sleep().await;
            if self.delivery.attachments().is_empty() {
                continue;
            }
            if let Err(error) = self.round(reason).await {
                tracing::warn!(%error, "messages wait until the log can be read again");
                self.pause = RECOVERY;
            }
        }
    }

    /// Until the loop is woken, or it is time to poll.
    async fn sleep(&self) -> Reason {
        let Delivery { wake_up, arrivals, .. } = &self.delivery;
        let pause = tokio::time::sleep(self.pause);
        let is_idle = self.delivery.attachments().is_empty();
        tokio::select! {
            biased;
            () = wake_up.notified() => Reason::Notified,
            () = arrivals.arrived.notified(), if !is_idle => Reason::Arrived,
            () = pause, if !is_idle => Reason::Poll,
        }
    }

    async fn round(&mut self, reason: Reason) -> Result<(), ReadError> {
        let cursors = self.delivery.attachments().cursors(&self.delivery.wake_up);
        if cursors.is_empty() {
            // No connection has room; one that gets some wakes the loop.
            self.pause = self.poll_interval();
            return Ok(());
        }
        let (head, round) = tokio::try_join!(self.head(reason), self.read(cursors))?;
        self.wanted = self.wanted.max(head);
        self.delivery.reorder_buffer.pass(round.high_water_mark);
        let (is_stuck, is_unfinished, fitting) = (is_stuck(&round), !round.unfinished.is_empty(), fitting(&round));
        let high_water_mark = round.high_water_mark;
        self.delivery.attachments().apply(&round);
        self.limit = if is_stuck {
            self.limit.saturating_mul(2)
        } else {
            fitting
        };
        self.set_pace(high_water_mark, is_unfinished);
        Ok(())
    }

    fn set_pace(&mut self, high_water_mark: Position, is_unfinished: bool) {
        let wanted = self.wanted.max(self.delivery.attachments().awaited());
        self.pause = if is_unfinished {
            Duration::ZERO
        } else if high_water_mark >= wanted {
            self.poll_interval()
        } else if self.pause > LONGEST_RETRY {
            FIRST_RETRY
        } else {
            (self.pause * 2).clamp(FIRST_RETRY, LONGEST_RETRY)
        };
    }

    fn poll_interval(&self) -> Duration {
        match &self.broker {
            Some(broker) if broker.is_healthy() => POLL_BESIDE_BROKER,
            _ => POLL,
        }
    }

    /// Up to where something is to be delivered: what a notification was for stands at the head or before it, though perhaps
    /// not yet in order.
    async fn head(&self, reason: Reason) -> Result<Position, ReadError> {
        match reason {
            Reason::Notified => self.reader.head().await,
            Reason::Arrived => Ok(self.delivery.arrivals.farthest()),
            Reason::Poll => Ok(Position::START),
        }
    }

    async fn read(&self, cursors: Vec<(Actor, Position)>) -> Result<Round, ReadError> {
        let held = self.delivery.reorder_buffer.all();
        let delivery = self.reader.deliver(&cursors, self.limit, &held).await?;
        let asked: HashMap<_, _> = cursors.iter().map(|(actor, cursor)| (actor.session, *cursor)).collect();
        let mut unfinished: HashMap<_, _> = delivery.unfinished.iter().map(|id| (*id, asked[id])).collect();
        let mut updates = Vec::with_capacity(delivery.items.len());
        for (session, item) in delivery.items {
            let position = item.position();
            unfinished.entry(session).and_modify(|read_to| *read_to = position);
            let actor = cursors.iter().find(|(actor, _)| actor.session == session);
            let Some((actor, _)) = actor else { continue };
            if let Some(update) = self.update(actor, item).await? {
                updates.push(SessionUpdate {
                    session,
                    position,
                    update,
                });
            }
        }
        Ok(Round {
            asked,
            high_water_mark: delivery.high_water_mark,
            updates,
            unfinished,
        })
    }

    /// What an item is to a client; nothing where it is out of date.
    async fn update(&self, actor: &Actor, item: Delivered) -> Result<Option<Update>, ReadError> {
        let user = actor.name.clone();
        Ok(match item {
            Delivered::Message { push, .. } => Some(Update::Push(push.to_line())),
            Delivered::Ended { .. } => Some(Update::Last(Push::Ended { user }.to_line())),
            Delivered::Moved { from, .. } if from != self.instance => None,
            Delivered::Moved { .. } => match self.reader.session_status(actor).await? {
                // It has come back since, or is over: then its end follows in the log.
                SessionStatus::SeatedAt(Some(here)) if here == self.instance => None,
                SessionStatus::NotLoggedIn => None,
                SessionStatus::SeatedAt(None) => Some(Update::Vanished),
                SessionStatus::SeatedAt(Some(there)) => Some(match self.reader.address(there).await? {
                    Some(app) => Update::Last(Push::Moved { user, app }.to_line()),
                    None => Update::Vanished,
                }),
            },
        })
    }
}

/// How many of the next are read at once, if they are as long as these were.
fn fitting(round: &Round) -> i64 {
    let length = |update: &SessionUpdate| match &update.update {
        Update::Push(line) | Update::Last(line) => line.len(),
        Update::Vanished => 0,
    };
    let bytes: usize = round.updates.iter().map(length).sum();
    let fitting = BYTES_AT_ONCE.saturating_mul(round.updates.len()).checked_div(bytes);
    fitting.map_or(AT_ONCE, |count| {
        i64::try_from(count).unwrap_or(AT_ONCE).clamp(AT_LEAST, AT_ONCE)
    })
}

/// As much was read as is allowed at once, and nothing of it was for anybody.
fn is_stuck(round: &Round) -> bool {
    round
        .unfinished
        .iter()
        .any(|(session, read_to)| round.asked.get(session) == Some(read_to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lengths: &[usize]) -> Round {
        let session = SessionId(uuid::Uuid::nil());
        let update = |length: &usize| SessionUpdate {
            session,
            position: Position(1),
            update: Update::Push("x".repeat(*length)),
        };
        Round {
            updates: lengths.iter().map(update).collect(),
            ..Round::default()
        }
    }

    #[test]
    fn long_messages_are_read_a_few_at_a_time() {
        assert_eq!(fitting(&read(&[])), AT_ONCE);
        assert_eq!(fitting(&read(&[0])), AT_ONCE);
        assert_eq!(fitting(&read(&[100; 50])), AT_ONCE);
        assert_eq!(fitting(&read(&[32 << 10; 50])), 16);
        assert_eq!(fitting(&read(&[1 << 20; 50])), AT_LEAST);
    }
}
