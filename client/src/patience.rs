//! How long to keep trying, and how long to pause between two attempts.

use std::time::Duration;

use tenfold_core::backoff::bound;
use tokio::time::Instant;

use crate::timing::Timing;

/// So many failures are nothing to speak of.
const PATIENT_FAILURES: u32 = 3;

/// Counts failures since the last answer.
#[derive(Debug)]
pub struct Patience {
    limit: Duration,
    first_pause: Duration,
    longest_pause: Duration,
    since: Option<Instant>,
    failures: u32,
}

/// Nothing has answered for the whole time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExhaustedError;

impl Patience {
    /// Patience as long as `timing` says.
    pub fn new(timing: &Timing) -> Patience {
        Patience {
            limit: timing.patience,
            first_pause: timing.first_pause,
            longest_pause: timing.longest_pause,
            since: None,
            failures: 0,
        }
    }

    /// Something is wanted from now on.
    pub fn begin(&mut self, now: Instant) {
        self.since.get_or_insert(now);
    }

    /// A server has answered: the time starts again. The pauses don't, for a server that answers and closes the connection at once
    /// must not be run into without a pause.
    pub fn answered(&mut self) {
        self.since = None;
    }

    /// The connection held for a while: the next failure is a first one again. Not so the time.
    pub fn rested(&mut self) {
        self.failures = 0;
    }

    /// What was wanted is there.
    pub fn succeeded(&mut self) {
        self.since = None;
        self.failures = 0;
    }

    /// Whether a person who waits should hear why: the first failures are over in a moment.
    pub fn is_worn(&self) -> bool {
        self.failures > PATIENT_FAILURES
    }

    /// An attempt has failed; how long to wait before the next, at once after the first failure.
    ///
    /// # Errors
    /// [`ExhaustedError`] once nothing has answered for the whole time; then the time starts again.
    pub fn failed(&mut self, now: Instant) -> Result<Duration, ExhaustedError> {
        let since = *self.since.get_or_insert(now);
        let pause = bound(self.first_pause, self.longest_pause, self.failures);
        self.failures = self.failures.saturating_add(1);
        if now.duration_since(since) >= self.limit {
            self.since = Some(now);
            return Err(ExhaustedError);
        }
        let left = self.limit.saturating_sub(now.duration_since(since));
        Ok(pause.mul_f64(rand::random_range(0.5..=1.0)).min(left))
    }

    /// `wait`, or what is left of the patience where that is less.
    pub fn cap(&self, wait: Duration, now: Instant) -> Duration {
        let waited = self.since.map_or(Duration::ZERO, |since| now.duration_since(since));
        wait.min(self.limit.saturating_sub(waited))
            .max(Duration::from_millis(10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_limit_and_begin_with_none() {
        let timing = Timing::default();
        let mut patience = Patience::new(&timing);
        let now = Instant::now();
        assert_eq!(patience.failed(now), Ok(Duration::ZERO));
        let second = patience.failed(now).unwrap();
        assert!(
            second >= timing.first_pause / 2 && second <= timing.first_pause,
            "{second:?}"
        );
        for _ in 0..40 {
            assert!(patience.failed(now).unwrap() <= timing.longest_pause);
        }
        assert!(patience.is_worn());
        patience.answered();
        assert!(patience.failed(now).unwrap() >= timing.longest_pause / 2);
        patience.succeeded();
        assert_eq!(patience.failed(now), Ok(Duration::ZERO));
        patience.rested();
        assert_eq!(patience.failed(now), Ok(Duration::ZERO));
    }

    #[test]
    fn it_ends_when_nothing_answers() {
        let timing = Timing::default();
        let mut patience = Patience::new(&timing);
        let start = Instant::now();
        patience.begin(start);
        assert!(patience.failed(start + timing.patience / 2).is_ok());
        assert_eq!(patience.failed(start + timing.patience), Err(ExhaustedError));
        assert!(patience.failed(start + timing.patience).is_ok(), "it starts again");
    }

    #[test]
    fn an_answer_starts_the_time_again() {
        let timing = Timing::default();
        let mut patience = Patience::new(&timing);
        let start = Instant::now();
        patience.begin(start);
        patience.answered();
        assert!(patience.failed(start + timing.patience * 2).is_ok());
    }

    #[test]
    fn no_wait_is_longer_than_the_patience_left() {
        let timing = Timing::default();
        let mut patience = Patience::new(&timing);
        let start = Instant::now();
        assert_eq!(patience.cap(timing.ping, start), timing.ping);
        patience.begin(start);
        let late = start + timing.patience - Duration::from_secs(1);
        assert_eq!(patience.cap(timing.ping, late), Duration::from_secs(1));
    }
}
