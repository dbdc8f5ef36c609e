//! How often, and after which pauses, EC2 is asked again: one budget for all launches, so that ten at once do not ask ten
//! times as often as one. Pure.
//!
//! The pauses are "full jitter" (Marc Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015): a random
//! time up to a bound that doubles.

use std::time::Duration;

/// The bound of the first pause.
const FIRST: Duration = Duration::from_millis(500);
/// The bound of every later pause.
const LONGEST: Duration = Duration::from_secs(8);
/// So many times in a burst.
const MOST: u32 = 20;
/// So long for one more.
const REFILL: Duration = Duration::from_secs(1);

/// What may still be asked again. Times count from any fixed moment.
#[derive(Debug)]
pub(super) struct Budget {
    left: u32,
    counted_at: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Budget {
            left: MOST,
            counted_at: Duration::ZERO,
        }
    }
}

impl Budget {
    /// The pause before something is asked for the `attempt`th time (the first repetition is 1); none where it must not be
    /// asked again. `dice` is a random number below 1.
    pub fn pause(&mut self, attempt: u32, dice: f64, now: Duration) -> Option<Duration> {
        self.refill(now);
        self.left = self.left.checked_sub(1)?;
        let doubled = FIRST.saturating_mul(2u32.saturating_pow(attempt.saturating_sub(1)));
        Some(doubled.min(LONGEST).mul_f64(dice.clamp(0.0, 1.0)))
    }

    fn refill(&mut self, now: Duration) {
        let since = now.saturating_sub(self.counted_at);
        let more = u32::try_from(since.as_millis() / REFILL.as_millis()).unwrap_or(u32::MAX);
        self.left = self.left.saturating_add(more).min(MOST);
        self.counted_at += REFILL.saturating_mul(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_are_random_below_it() {
        let mut budget = Budget::default();
        let bounds: Vec<u128> = (1..=7)
            .map(|attempt| budget.pause(attempt, 1.0, Duration::ZERO).unwrap().as_millis())
            .collect();
        assert_eq!(bounds, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
        assert_eq!(budget.pause(3, 0.25, Duration::ZERO), Some(Duration::from_millis(500)));
    }

    #[test]
    fn a_spent_budget_comes_back_with_time() {
        let mut budget = Budget::default();
        let ask = |budget: &mut Budget, seconds| budget.pause(1, 0.5, Duration::from_secs(seconds)).is_some();
        assert!((0..MOST).all(|_| ask(&mut budget, 0)));
        assert!(!ask(&mut budget, 0));
        assert!(ask(&mut budget, 1) && !ask(&mut budget, 1));
        assert!((0..MOST).all(|_| ask(&mut budget, 1000)) && !ask(&mut budget, 1000));
    }
}
