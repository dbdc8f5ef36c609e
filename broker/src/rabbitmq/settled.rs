//! Which of the messages that we sent the broker has answered for. It may answer for one, or for all up to one; what it
//! refuses up to one must be told one by one.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is answered for, and what not yet: no more than are unconfirmed at a time.
#[derive(Debug, Default)]
pub struct Settled {
    /// The last tag there is.
    sent: Arc<AtomicU64>,
    /// All are settled up to this one.
    up_to: u64,
    /// These are, too.
    beyond: BTreeSet<u64>,
}

impl Settled {
    /// Nothing is settled; `sent` is the last tag that there is, at any time.
    pub fn new(sent: Arc<AtomicU64>) -> Settled {
        Settled {
            sent,
            ..Settled::default()
        }
    }

    /// The broker has answered for that one.
    pub fn one(&mut self, tag: u64) {
        if self.open(tag).contains(&tag) {
            self.beyond.insert(tag);
        }
        while self.beyond.remove(&(self.up_to + 1)) {
            self.up_to += 1;
        }
    }

    /// The broker has answered for all up to that one: those for which it had not before.
    pub fn all_up_to(&mut self, tag: u64) -> Vec<u64> {
        let open = self.open(tag);
        let fresh = open.clone().filter(|tag| !self.beyond.contains(tag)).collect();
        self.up_to = self.up_to.max(*open.end());
        self.beyond = self.beyond.split_off(&(self.up_to + 1));
        self.one(self.up_to);
        fresh
    }

    /// Those up to `tag` that may not be settled. Tags that were never given count for nothing.
    fn open(&self, tag: u64) -> RangeInclusive<u64> {
        self.up_to + 1..=tag.min(self.sent.load(Ordering::Acquire))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(sent: u64) -> Settled {
        Settled::new(Arc::new(AtomicU64::new(sent)))
    }

    #[test]
    fn rabbitmq_refuses_all_that_it_has_not_answered_for() {
        let mut settled = after(9);
        settled.one(1);
        settled.one(4);
        settled.one(4);
        assert_eq!(settled.all_up_to(5), [2, 3, 5]);
        assert!(settled.all_up_to(5).is_empty());
        settled.one(7);
        assert_eq!(settled.all_up_to(6), [6]);
        assert_eq!((settled.up_to, settled.beyond.len()), (7, 0));
        settled.one(9);
        settled.one(8);
        assert_eq!((settled.up_to, settled.beyond.len()), (9, 0));
    }

    #[test]
    fn rabbitmq_answering_for_what_was_not_sent_changes_nothing() {
        let mut settled = after(2);
        settled.one(u64::MAX);
        settled.one(0);
        assert_eq!(settled.all_up_to(u64::MAX), [1, 2]);
        assert!(settled.all_up_to(u64::MAX).is_empty());
        assert_eq!((settled.up_to, settled.beyond.len()), (2, 0));
    }
}
