//! Pauses between attempts that double up to a bound. Pure: whoever pauses hands in the randomness.

use std::time::Duration;

/// The longest that the pause after the `failures`th failure may be (the first is 1; after none there is no pause):
/// `first`, doubled by each further failure, and never more than `longest`.
pub fn bound(first: Duration, longest: Duration, failures: u32) -> Duration {
    match failures.checked_sub(1) {
        None => Duration::ZERO,
        Some(doublings) => first.saturating_mul(2u32.saturating_pow(doublings)).min(longest),
    }
}

/// Counts failures in a row. Each pause is between half of its [`bound`] and the whole ("equal jitter", Marc Brooker,
/// "Exponential Backoff and Jitter", AWS Architecture Blog, 2015), so that many who lost the same server do not come back
/// at the same moment.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// Pauses from about `first` to about `longest`.
    pub const fn between(first: Duration, longest: Duration) -> Backoff {
        Backoff {
            first,
            longest,
            failures: 0,
        }
    }

    /// How long to wait after one more failure. `random` is a random number from 0 to 1.
    pub fn pause(&mut self, random: f64) -> Duration {
        self.failures = self.failures.saturating_add(1);
        bound(self.first, self.longest, self.failures).mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
    }

    /// An attempt succeeded: the next failure is a first one.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(3);

    #[test]
    fn bounds_double_up_to_the_longest() {
        let bounds: Vec<u128> = [0, 1, 2, 3, 5, 6, 1000]
            .map(|failures| bound(FIRST, LONGEST, failures).as_millis())
            .to_vec();
        assert_eq!(bounds, [0, 100, 200, 400, 1600, 3000, 3000]);
    }

    #[test]
    fn pauses_are_half_of_their_bound_to_all_of_it_and_begin_again() {
        let mut backoff = Backoff::between(FIRST, LONGEST);
        assert_eq!(backoff.pause(0.0), FIRST / 2);
        assert_eq!(backoff.pause(1.0), FIRST * 2);
        for _ in 0..40 {
            assert!(backoff.pause(0.0) <= LONGEST / 2);
        }
        assert_eq!(backoff.pause(1.0), LONGEST);
        backoff.reset();
        assert_eq!(backoff.pause(1.0), FIRST);
    }
}
