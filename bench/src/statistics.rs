//! Medians and percentiles.

use std::time::Duration;

/// The middle of the figures; of an even number of them, the mean of the two in the middle; of none, 0.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => sorted[odd / 2],
        even => f64::midpoint(sorted[even / 2 - 1], sorted[even / 2]),
    }
}

/// Times that were measured, one by one.
#[derive(Debug, Clone, Default)]
pub struct Times {
    times: Vec<Duration>,
}

impl Times {
    /// Adds one.
    pub fn add(&mut self, time: Duration) {
        self.times.push(time);
    }

    /// Adds all of another's.
    pub fn append(&mut self, other: &Times) {
        self.times.extend_from_slice(&other.times);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.times.len()
    }

    /// The time that `share` (0 to 1) of them did not exceed, in milliseconds; 0 where there are none.
    pub fn percentile(&self, share: f64) -> f64 {
        let mut sorted = self.times.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() as f64 * share).ceil() as usize;
        let time = sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default();
        time.as_secs_f64() * 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let mut times = Times::default();
        (1..=100).for_each(|n| times.add(Duration::from_millis(n)));
        assert_eq!(
            (times.percentile(0.5), times.percentile(0.99), times.percentile(1.0)),
            (50.0, 99.0, 100.0)
        );
        assert_eq!(Times::default().percentile(0.5), 0.0);
    }
}
