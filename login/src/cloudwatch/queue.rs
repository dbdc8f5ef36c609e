//! Looks at the fleet that are still to be told: some hours of them, while CloudWatch is away.

use std::collections::VecDeque;

use tenfold_metrics::batches::fit;
use tenfold_metrics::datum::{Datum, Owner};

/// How many looks are kept: three hours of one a minute. Older ones make room, for what is now matters more.
const MOST: usize = 180;

/// Looks, the oldest in front.
#[derive(Debug, Default)]
pub struct Queue(VecDeque<Vec<Datum>>);

impl Queue {
    /// Adds a look. Where there is no room for it, the oldest one is left out.
    pub fn push(&mut self, look: Vec<Datum>) {
        self.0.push_back(look);
        if self.0.len() > MOST {
            self.0.pop_front();
        }
    }

    /// Whether everything was told.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `data`, and after them as many looks as can go with them in one call; and how many that are.
    pub fn with(&self, data: &[Datum], owner: &Owner) -> (Vec<Datum>, usize) {
        let mut all = data.to_vec();
        for (count, look) in self.0.iter().enumerate() {
            let before = all.len();
            all.extend_from_slice(look);
            if !fit(&all, owner) {
                all.truncate(before);
                return (all, count);
            }
        }
        (all, self.0.len())
    }

    /// The first `count` were told.
    pub fn told(&mut self, count: usize) {
        self.0.drain(..count.min(self.0.len()));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;

    use super::*;

    fn owner() -> Owner {
        Owner {
            fleet: "blue".into(),
            environment: "test".into(),
        }
    }

    fn datum(milliseconds: u64) -> Datum {
        Datum::login_wait(DateTime::UNIX_EPOCH, Duration::from_millis(milliseconds))
    }

    #[test]
    fn looks_go_with_a_call_as_long_as_there_is_room() {
        let mut queue = Queue::default();
        for number in 0..4 {
            queue.push(vec![datum(number), datum(number)]);
        }
        let fits = |count: &usize| fit(&vec![datum(9); *count], &owner());
        let most = (1..).take_while(fits).last().unwrap();
        let call = vec![datum(9); most - 5];
        let (all, told) = queue.with(&call, &owner());
        assert_eq!((all.len(), told), (most - 1, 2));
        queue.told(told);
        let (all, told) = queue.with(&[], &owner());
        assert_eq!((all[0].values[0].value, told), (2.0, 2));
        queue.told(told);
        assert!(queue.is_empty());
    }

    #[test]
    fn the_oldest_make_room() {
        let mut queue = Queue::default();
        for number in 0..200 {
            queue.push(vec![datum(number)]);
        }
        let (all, _) = queue.with(&[], &owner());
        assert_eq!((all.len(), all[0].values[0].value), (MOST, 20.0));
    }
}
