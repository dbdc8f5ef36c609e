//! Messages that a transport has brought and whose turn has not come: until the log is complete up to their positions.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tenfold_core::envelope::MessageNotice;
use tenfold_core::ids::Position;
use tenfold_log::read::Held;

/// What may be held, in bytes. What is not held is read from the log.
const MOST_BYTES: usize = 4 << 20;

/// What is held, for all users of this server.
#[derive(Debug, Default)]
pub struct ReorderBuffer {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    held: Held,
    bytes: usize,
    /// The log has been read up to here: what stands there or before comes too late.
    passed: Position,
}

impl ReorderBuffer {
    /// Holds `notices`, but what has had its turn or has no room. The farthest position of what may be new.
    pub fn hold(&self, notices: Vec<MessageNotice>) -> Option<Position> {
        let mut inner = self.inner();
        let passed = inner.passed;
        let farthest = notices.iter().map(|notice| notice.position).max();
        notices.into_iter().for_each(|notice| inner.hold(notice));
        farthest.filter(|position| *position > passed)
    }

    /// What is held now.
    pub fn all(&self) -> Held {
        self.inner().held.clone()
    }

    /// The log has been read up to there.
    pub fn pass(&self, high_water_mark: Position) {
        let mut inner = self.inner();
        inner.passed = high_water_mark.max(inner.passed);
        while let Some(first) = inner.held.first_entry().filter(|first| *first.key() <= high_water_mark) {
            let size = first.remove().size();
            inner.bytes -= size;
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn hold(&mut self, notice: MessageNotice) {
        let size = notice.size();
        if notice.position <= self.passed || self.bytes + size > MOST_BYTES {
            return;
        }
        if let std::collections::btree_map::Entry::Vacant(vacant) = self.held.entry(notice.position) {
            vacant.insert(Arc::new(notice));
            self.bytes += size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(position: i64, length: usize) -> MessageNotice {
        MessageNotice {
            position: Position(position),
            from: "ann".into(),
            group: None,
            text: "x".repeat(length),
        }
    }

    fn positions(buffer: &ReorderBuffer) -> Vec<i64> {
        buffer.all().keys().map(|position| position.0).collect()
    }

    #[test]
    fn notices_are_held_in_order_once_and_until_the_log_has_passed_them() {
        let buffer = ReorderBuffer::default();
        assert_eq!(
            buffer.hold(vec![notice(9, 1), notice(5, 1), notice(9, 1)]),
            Some(Position(9))
        );
        assert_eq!(positions(&buffer), [5, 9]);
        buffer.pass(Position(5));
        assert_eq!(positions(&buffer), [9]);
        assert_eq!(buffer.hold(vec![notice(4, 1)]), None, "it had its turn");
        assert_eq!(positions(&buffer), [9]);
        buffer.pass(Position(3));
        assert_eq!(buffer.hold(vec![notice(5, 1)]), None, "what has passed has passed");
    }

    #[test]
    fn what_has_no_room_is_left_to_the_log_but_not_forgotten() {
        let buffer = ReorderBuffer::default();
        for position in 1..=100 {
            assert_eq!(buffer.hold(vec![notice(position, 64 << 10)]), Some(Position(position)));
        }
        assert!((60..70).contains(&positions(&buffer).len()));
        buffer.pass(Position(100));
        assert_eq!(buffer.hold(vec![notice(101, 1)]), Some(Position(101)));
        assert_eq!(positions(&buffer), [101]);
    }
}
