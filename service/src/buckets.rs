//! Leaky buckets: how much each did of late, of which some leaks away every second. Pure but for memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// Above so many remembered, those who owe nothing are forgotten.
const REMEMBERED: usize = 10_000;
/// Never more are remembered: then those are forgotten who owe less than half of what is free, and, where that is not enough, all.
const MOST: usize = 100_000;

/// How much is free, and how much a second after that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allowance {
    /// So much at once costs nothing.
    pub burst: f64,
    /// So much a second is forgiven.
    pub per_second: f64,
}

/// A bucket for each.
#[derive(Debug)]
pub struct Buckets<Who> {
    allowance: Allowance,
    /// What each owed, and when that was.
    owed: HashMap<Who, (f64, Instant)>,
    /// When as many are remembered, it is time to forget.
    forget_at: usize,
}

impl<Who: Eq + Hash> Buckets<Who> {
    /// With this allowance for each.
    pub fn new(allowance: Allowance) -> Buckets<Who> {
        Buckets {
            allowance,
            owed: HashMap::new(),
            forget_at: REMEMBERED,
        }
    }

    /// How long `who` has to wait until `cost` more is within the allowance; nothing where it is now.
    pub fn wait(&self, who: &Who, cost: f64, now: Instant) -> Option<Duration> {
        let (debt, since) = self.owed.get(who)?;
        self.beyond(self.left(*debt, *since, now) + cost)
    }

    /// Adds to what `who` owes; the answer is how long that is beyond the allowance, and nothing where it is within it.
    pub fn add(&mut self, who: Who, cost: f64, now: Instant) -> Option<Duration> {
        if self.owed.len() >= self.forget_at {
            self.forget(now);
        }
        let (debt, since) = self.owed.get(&who).copied().unwrap_or((0.0, now));
        let debt = self.left(debt, since, now) + cost;
        self.owed.insert(who, (debt, now));
        self.beyond(debt)
    }

    /// What was added was not owed after all.
    pub fn take_back(&mut self, who: &Who, cost: f64) {
        if let Some((debt, _)) = self.owed.get_mut(who) {
            *debt = (*debt - cost).max(0.0);
        }
    }

    fn beyond(&self, debt: f64) -> Option<Duration> {
        let over = debt - self.allowance.burst;
        let wait = || Duration::try_from_secs_f64(over / self.allowance.per_second).unwrap_or(Duration::MAX);
        (over > 0.0).then(wait)
    }

    fn left(&self, debt: f64, since: Instant, now: Instant) -> f64 {
        let forgiven = now.saturating_duration_since(since).as_secs_f64() * self.allowance.per_second;
        (debt - forgiven).max(0.0)
    }

    /// The next time is when there are twice as many as now, so that it costs a little for each.
    fn forget(&mut self, now: Instant) {
        self.forget_who_owes_no_more_than(0.0, now);
        if self.owed.len() >= MOST / 2 {
            self.forget_who_owes_no_more_than(self.allowance.burst / 2.0, now);
        }
        if self.owed.len() >= MOST / 2 {
            self.owed.clear();
        }
        self.forget_at = (2 * self.owed.len()).max(REMEMBERED);
    }

    fn forget_who_owes_no_more_than(&mut self, little: f64, now: Instant) {
        let mut owed = std::mem::take(&mut self.owed);
        owed.retain(|_, (debt, since)| self.left(*debt, *since, now) > little);
        self.owed = owed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_THEN_TEN: Allowance = Allowance {
        burst: 2.0,
        per_second: 10.0,
    };

    #[test]
    fn a_burst_is_free_and_what_follows_waits() {
        let mut buckets = Buckets::new(TWO_THEN_TEN);
        let now = Instant::now();
        let waits: Vec<Option<u128>> = (0..4)
            .map(|_| buckets.add("a", 1.0, now).map(|wait| wait.as_millis()))
            .collect();
        assert_eq!(waits, [None, None, Some(100), Some(200)]);
        assert_eq!(buckets.wait(&"a", 1.0, now), Some(Duration::from_millis(300)));
        assert_eq!(buckets.wait(&"b", 1.0, now), None);
    }

    #[test]
    fn time_forgives_and_so_does_whoever_was_charged_in_error() {
        let mut buckets = Buckets::new(TWO_THEN_TEN);
        let now = Instant::now();
        for _ in 0..10 {
            buckets.add("a", 1.0, now);
        }
        assert_eq!(buckets.wait(&"a", 1.0, now + Duration::from_secs(1)), None);
        buckets.take_back(&"a", 9.0);
        assert_eq!(buckets.wait(&"a", 1.0, now), None);
    }

    #[test]
    fn memory_is_bounded_by_those_who_owe() {
        let mut buckets = Buckets::new(TWO_THEN_TEN);
        let mut now = Instant::now();
        for who in 0..3 * REMEMBERED {
            now += Duration::from_millis(1);
            buckets.add(who, 1.0, now);
        }
        assert!(buckets.owed.len() <= REMEMBERED, "{}", buckets.owed.len());
    }

    #[test]
    fn memory_is_bounded_also_where_everybody_owes() {
        let mut buckets = Buckets::new(TWO_THEN_TEN);
        let now = Instant::now();
        for who in 0..3 * MOST {
            buckets.add(who, 1.0, now);
            assert!(buckets.owed.len() <= MOST, "{}", buckets.owed.len());
        }
    }
}
