//! Between two attempts to connect. Pure but for the dice.

use std::time::Duration;

use rand::RngExt;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(3);

/// Pauses that double, each between half of its length and the whole, so that a fleet whose broker comes back does not
/// knock all at once.
#[derive(Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Default for Backoff {
    fn default() -> Backoff {
        Backoff::between(FIRST, LONGEST)
    }
}

impl Backoff {
    /// Pauses from about `first` to about `longest`, which must be longer than nothing.
    pub fn between(first: Duration, longest: Duration) -> Backoff {
        Backoff {
            first,
            longest,
            failures: 0,
        }
    }

    /// How long to wait after one more failure.
    pub fn pause(&mut self) -> Duration {
        let longest = self.longest();
        self.failures = self.failures.saturating_add(1);
        rand::rng().random_range(longest / 2..=longest)
    }

    /// It worked.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    fn longest(&self) -> Duration {
        let doubled = self.first.saturating_mul(2u32.saturating_pow(self.failures));
        doubled.min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_begin_again() {
        let mut backoff = Backoff::default();
        let pauses: Vec<Duration> = (0..40).map(|_| backoff.pause()).collect();
        assert!(pauses[0] <= FIRST && pauses[0] >= FIRST / 2);
        assert!(pauses[1] > pauses[0] / 2);
        assert!(pauses.iter().all(|pause| *pause <= LONGEST));
        assert!(pauses[39] >= LONGEST / 2);
        backoff.reset();
        assert!(backoff.pause() <= FIRST);
    }
}
