//! What waits to be sent (bounded, and packed by recipient, so that what waited together crosses together), and what was
//! sent and is not confirmed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tenfold_core::envelope::{Envelope, MessageNotice};
use tenfold_core::ids::InstanceId;
use tokio::sync::Notify;
use tokio::time::Instant;

/// What may wait, in bytes: a second's worth of long messages.
const MOST_BYTES: usize = 4 << 20;
/// An envelope is not made longer than this, in bytes, unless one message alone is.
const ENVELOPE_BYTES: usize = 128 << 10;

/// The queue between those who send and the task that holds the connection.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    envelopes: VecDeque<(Envelope, usize)>,
    bytes: usize,
}

impl Outbox {
    /// Adds an envelope; `false` where there is no room.
    pub fn add(&self, envelope: Envelope) -> bool {
        let size = envelope.notices.iter().map(MessageNotice::size).sum::<usize>();
        let mut waiting = self.waiting();
        if waiting.bytes + size > MOST_BYTES {
            return false;
        }
        waiting.bytes += size;
        let to = envelope.to;
        envelope.notices.into_iter().for_each(|notice| waiting.add(to, notice));
        drop(waiting);
        self.wake.notify_one();
        true
    }

    /// The next to be sent. Dropping the future loses nothing.
    pub async fn next(&self) -> Envelope {
        loop {
            if let Some(envelope) = self.waiting().take() {
                return envelope;
            }
            self.wake.notified().await;
        }
    }

    /// Those for whom something waits; it waits no more.
    pub fn abandon(&self) -> Vec<InstanceId> {
        let waiting = std::mem::take(&mut *self.waiting());
        waiting.envelopes.into_iter().map(|(envelope, _)| envelope.to).collect()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Few servers have something waiting at a time, so that looking through them is quick. Only a server's last envelope
    /// is added to: its notices stay in the order in which they were sent.
    fn add(&mut self, to: InstanceId, notice: MessageNotice) {
        let size = notice.size();
        let last = self.envelopes.iter_mut().rev().find(|(envelope, _)| envelope.to == to);
        match last {
            Some((envelope, bytes)) if *bytes + size <= ENVELOPE_BYTES => {
                envelope.notices.push(notice);
                *bytes += size;
            }
            _ => self.envelopes.push_back((
                Envelope {
                    to,
                    notices: vec![notice],
                },
                size,
            )),
        }
    }

    fn take(&mut self) -> Option<Envelope> {
        let (envelope, size) = self.envelopes.pop_front()?;
        self.bytes -= size;
        Some(envelope)
    }
}

/// The envelopes of one connection that the broker has not confirmed.
#[derive(Debug, Default)]
pub(super) struct Unconfirmed {
    sent: BTreeMap<u64, Sent>,
    last: u64,
    /// Since when the broker owes a confirmation that is overdue.
    overdue_since: Option<Instant>,
}

#[derive(Debug)]
struct Sent {
    to: InstanceId,
    /// By when it should be confirmed; none once it was reported as overdue.
    due: Option<Instant>,
}

impl Unconfirmed {
    /// The tag of the next envelope, which goes to `to` and should be confirmed by `due`.
    pub fn send(&mut self, to: InstanceId, due: Instant) -> u64 {
        self.last += 1;
        self.sent.insert(self.last, Sent { to, due: Some(due) });
        self.last
    }

    /// The broker has that one. It answers: nothing counts as overdue any more.
    pub fn confirm(&mut self, tag: u64) {
        self.sent.remove(&tag);
        self.overdue_since = None;
    }

    /// It has all up to that one.
    pub fn confirm_up_to(&mut self, tag: u64) {
        self.sent = self.sent.split_off(&tag.saturating_add(1));
        self.overdue_since = None;
    }

    /// The broker does not want that one: whom it was for. That is an answer, too.
    pub fn refuse(&mut self, tag: u64) -> Option<InstanceId> {
        self.overdue_since = None;
        self.sent.remove(&tag).map(|sent| sent.to)
    }

    /// Those for whom something became overdue since the last call.
    pub fn overdue(&mut self, now: Instant) -> Vec<InstanceId> {
        let mut late = Vec::new();
        for sent in self.sent.values_mut() {
            if sent.due.is_some_and(|due| due <= now) {
                sent.due = None;
                late.push(sent.to);
            }
        }
        if !late.is_empty() {
            self.overdue_since.get_or_insert(now);
        }
        late
    }

    /// When something will be overdue. They are sent in order, and each has as long.
    pub fn next_due(&self) -> Option<Instant> {
        self.sent.values().find_map(|sent| sent.due)
    }

    /// Since when the broker owes an answer; none where it answers.
    pub fn overdue_since(&self) -> Option<Instant> {
        self.overdue_since
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.sent.len()
    }

    /// Those for whom something is not confirmed; the connection is over.
    pub fn abandon(self) -> Vec<InstanceId> {
        self.sent.into_values().map(|sent| sent.to).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tenfold_core::ids::Position;
    use uuid::Uuid;

    use super::*;

    fn envelope(to: u128, position: i64, length: usize) -> Envelope {
        Envelope {
            to: InstanceId(Uuid::from_u128(to)),
            notices: vec![MessageNotice {
                position: Position(position),
                from: "ann".into(),
                group: None,
                text: "x".repeat(length),
            }],
        }
    }

    fn positions(envelope: &Envelope) -> Vec<i64> {
        envelope.notices.iter().map(|notice| notice.position.0).collect()
    }

    #[tokio::test]
    async fn what_waited_together_for_one_server_crosses_together() {
        let outbox = Outbox::default();
        for (to, position) in [(1, 1), (2, 2), (1, 3), (1, 4)] {
            assert!(outbox.add(envelope(to, position, 10)));
        }
        assert_eq!(positions(&outbox.next().await), [1, 3, 4]);
        assert_eq!(positions(&outbox.next().await), [2]);
    }

    #[tokio::test]
    async fn long_ones_cross_alone_and_in_order() {
        let outbox = Outbox::default();
        for position in 1..=3 {
            assert!(outbox.add(envelope(1, position, 100 << 10)));
        }
        assert!(outbox.add(envelope(1, 4, 10)));
        assert_eq!(positions(&outbox.next().await), [1]);
        assert_eq!(positions(&outbox.next().await), [2]);
        assert_eq!(positions(&outbox.next().await), [3, 4]);
    }

    #[tokio::test]
    async fn a_long_envelope_crosses_in_several_pieces() {
        let outbox = Outbox::default();
        let mut whole = envelope(1, 1, 60 << 10);
        whole
            .notices
            .extend((2..=5).flat_map(|position| envelope(1, position, 60 << 10).notices));
        assert!(outbox.add(whole));
        for wanted in [vec![1, 2], vec![3, 4], vec![5]] {
            assert_eq!(positions(&outbox.next().await), wanted);
        }
    }

    #[test]
    fn there_is_a_bound_and_room_again_afterwards() {
        let outbox = Outbox::default();
        let taken = (0..1000)
            .take_while(|number| outbox.add(envelope(1, *number, 64 << 10)))
            .count();
        assert!((50..65).contains(&taken), "{taken}");
        assert_eq!(outbox.abandon().len(), taken);
        assert!(outbox.add(envelope(1, 1, 10)));
    }

    fn server(number: u128) -> InstanceId {
        InstanceId(Uuid::from_u128(number))
    }

    #[test]
    fn what_is_confirmed_is_forgotten_alone_or_with_all_before() {
        let (now, mut unconfirmed) = (Instant::now(), Unconfirmed::default());
        let tags: Vec<u64> = (1..=5).map(|number| unconfirmed.send(server(number), now)).collect();
        assert_eq!(tags, [1, 2, 3, 4, 5]);
        unconfirmed.confirm(4);
        unconfirmed.confirm_up_to(2);
        assert_eq!(unconfirmed.refuse(3), Some(server(3)));
        assert_eq!(unconfirmed.refuse(3), None);
        assert_eq!(unconfirmed.abandon(), [server(5)]);
    }

    #[test]
    fn what_is_overdue_is_reported_once_and_counts_until_the_broker_answers() {
        let (now, mut unconfirmed) = (Instant::now(), Unconfirmed::default());
        let (soon, later) = (now + Duration::from_millis(1), now + Duration::from_millis(2));
        unconfirmed.send(server(1), soon);
        unconfirmed.send(server(2), later);
        assert_eq!(unconfirmed.overdue(now), []);
        assert_eq!(
            (unconfirmed.overdue_since(), unconfirmed.next_due()),
            (None, Some(soon))
        );
        assert_eq!(unconfirmed.overdue(soon), [server(1)]);
        assert_eq!(unconfirmed.overdue(soon), []);
        assert_eq!(unconfirmed.next_due(), Some(later));
        assert_eq!(unconfirmed.overdue(later), [server(2)]);
        assert_eq!(unconfirmed.overdue_since(), Some(soon));
        unconfirmed.confirm(1);
        assert_eq!((unconfirmed.overdue_since(), unconfirmed.len()), (None, 1));
    }
}
