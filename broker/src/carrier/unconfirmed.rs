//! What was sent and is not known to have got there. Pure.

use std::collections::BTreeMap;

use tenfold_core::ids::InstanceId;
use tokio::time::Instant;

/// The parcels of one connection that the broker has not confirmed.
#[derive(Debug, Default)]
pub(super) struct Unconfirmed {
    sent: BTreeMap<u64, Sent>,
    last: u64,
    /// Since when the broker owes a confirmation that is overdue.
    doubted_since: Option<Instant>,
}

#[derive(Debug)]
struct Sent {
    to: InstanceId,
    /// By when it should be confirmed; none once that was told.
    due: Option<Instant>,
}

impl Unconfirmed {
    /// The tag of the next parcel, which goes to `to` and should be confirmed by `due`.
    pub fn send(&mut self, to: InstanceId, due: Instant) -> u64 {
        self.last += 1;
        self.sent.insert(self.last, Sent { to, due: Some(due) });
        self.last
    }

    /// The broker has that one. It answers, so it is doubted no more.
    pub fn confirm(&mut self, tag: u64) {
        self.sent.remove(&tag);
        self.doubted_since = None;
    }

    /// It has all up to that one.
    pub fn confirm_up_to(&mut self, tag: u64) {
        self.sent = self.sent.split_off(&tag.saturating_add(1));
        self.doubted_since = None;
    }

    /// The broker does not want that one: whom it was for. That is an answer, too.
    pub fn refuse(&mut self, tag: u64) -> Option<InstanceId> {
        self.doubted_since = None;
        self.sent.remove(&tag).map(|sent| sent.to)
    }

    /// Those for whom something is overdue since the last time somebody asked.
    pub fn overdue(&mut self, now: Instant) -> Vec<InstanceId> {
        let mut late = Vec::new();
        for sent in self.sent.values_mut() {
            if sent.due.is_some_and(|due| due <= now) {
                sent.due = None;
                late.push(sent.to);
            }
        }
        if !late.is_empty() {
            self.doubted_since.get_or_insert(now);
        }
        late
    }

    /// When something will be overdue. They are sent in order, and each has as long.
    pub fn next_due(&self) -> Option<Instant> {
        self.sent.values().find_map(|sent| sent.due)
    }

    /// Since when the broker owes an answer; none where it answers.
    pub fn doubted_since(&self) -> Option<Instant> {
        self.doubted_since
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

    use uuid::Uuid;

    use super::*;

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
    fn what_is_overdue_is_told_once_and_doubts_the_broker_until_it_answers() {
        let (now, mut unconfirmed) = (Instant::now(), Unconfirmed::default());
        let (soon, later) = (now + Duration::from_millis(1), now + Duration::from_millis(2));
        unconfirmed.send(server(1), soon);
        unconfirmed.send(server(2), later);
        assert_eq!(unconfirmed.overdue(now), []);
        assert_eq!(
            (unconfirmed.doubted_since(), unconfirmed.next_due()),
            (None, Some(soon))
        );
        assert_eq!(unconfirmed.overdue(soon), [server(1)]);
        assert_eq!(unconfirmed.overdue(soon), []);
        assert_eq!(unconfirmed.next_due(), Some(later));
        assert_eq!(unconfirmed.overdue(later), [server(2)]);
        assert_eq!(unconfirmed.doubted_since(), Some(soon));
        unconfirmed.confirm(1);
        assert_eq!((unconfirmed.doubted_since(), unconfirmed.len()), (None, 1));
    }
}
