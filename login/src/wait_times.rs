//! How long logins wait for a seat: counted as they happen, fetched now and then by who publishes it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tenfold_log::operational::login_wait::Wait;

/// The most different waits that are kept. Nobody fetches them while the database is away, and then nobody logs in.
const MOST: usize = 4000;
const MINUTE: i64 = 60;

/// Counts waits. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct WaitTimes(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    /// By minute and milliseconds.
    counts: BTreeMap<(i64, i32), i32>,
    left_out: u64,
}

impl WaitTimes {
    /// Counts a wait that was over at `at`.
    pub fn count(&self, at: DateTime<Utc>, took: Duration) {
        let minute = at.timestamp().div_euclid(MINUTE) * MINUTE;
        self.counts().add(Wait {
            minute,
            milliseconds: rounded(took),
            count: 1,
        });
    }

    /// What was counted since this was called last, and how many had no place there.
    pub fn take(&self) -> (Vec<Wait>, u64) {
        let taken = std::mem::take(&mut *self.counts());
        let wait = |((minute, milliseconds), count)| Wait {
            minute,
            milliseconds,
            count,
        };
        (taken.counts.into_iter().map(wait).collect(), taken.left_out)
    }

    /// Puts back what was taken in vain.
    pub fn put_back(&self, waits: Vec<Wait>) {
        let mut counts = self.counts();
        waits.into_iter().for_each(|wait| counts.add(wait));
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Nothing inside can be left half done by a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn add(&mut self, wait: Wait) {
        let key = (wait.minute, wait.milliseconds);
        if self.counts.len() >= MOST && !self.counts.contains_key(&key) {
            self.left_out += u64::from(wait.count.unsigned_abs());
            return;
        }
        let count = self.counts.entry(key).or_default();
        *count = count.saturating_add(wait.count);
    }
}

/// To two digits, in milliseconds: some hundred different values at most, each within a twentieth of the truth.
fn rounded(took: Duration) -> i32 {
    let milliseconds = i32::try_from(took.as_millis()).unwrap_or(i32::MAX);
    let digits = milliseconds.checked_ilog10().unwrap_or(0);
    let step = 10_i32.pow(digits.saturating_sub(1));
    (milliseconds.saturating_add(step / 2) / step).saturating_mul(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn waits_of_a_minute_that_are_alike_are_one() {
        let waits = WaitTimes::default();
        for (seconds, milliseconds) in [(60, 7), (119, 7), (61, 1234), (62, 1249), (120, 7)] {
            waits.count(at(seconds), Duration::from_millis(milliseconds));
        }
        let (taken, left_out) = waits.take();
        let taken: Vec<_> = taken
            .iter()
            .map(|wait| (wait.minute, wait.milliseconds, wait.count))
            .collect();
        assert_eq!((taken, left_out), (vec![(60, 7, 2), (60, 1200, 2), (120, 7, 1)], 0));
        assert_eq!(waits.take(), (vec![], 0));
    }

    #[test]
    fn what_was_taken_in_vain_is_taken_again() {
        let waits = WaitTimes::default();
        waits.count(at(0), Duration::from_millis(5));
        let (taken, _) = waits.take();
        waits.count(at(0), Duration::from_millis(5));
        waits.put_back(taken);
        assert_eq!(waits.take().0[0].count, 2);
    }

    #[test]
    fn there_is_a_bound_and_what_is_beyond_is_counted() {
        let waits = WaitTimes::default();
        let most = i64::try_from(MOST).unwrap();
        for minute in 0..most + 5 {
            waits.count(at(minute * 60), Duration::ZERO);
        }
        waits.count(at(0), Duration::ZERO);
        let (taken, left_out) = waits.take();
        assert_eq!((taken.len(), left_out, taken[0].count), (MOST, 5, 2));
    }

    #[test]
    fn a_rounded_wait_is_near_the_true_one() {
        for (milliseconds, expected) in [
            (0, 0),
            (9, 9),
            (10, 10),
            (99, 99),
            (104, 100),
            (105, 110),
            (999, 1000),
            (12_345, 12_000),
            (300_000, 300_000),
        ] {
            assert_eq!(rounded(Duration::from_millis(milliseconds)), expected);
        }
        assert!(rounded(Duration::MAX) > 2_000_000_000);
    }
}
