//! Leaky buckets: how much each did of late, of which some leaks away every second. Pure but for memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// Above so many remembered, those who owe nothing are forgotten.
const REMEMBERED: usize = 10_000;

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
}

impl<Who: Eq + Hash> Buckets<Who> {
    /// With this allowance for each.
    pub fn new(allowance: Allowance) -> Buckets<Who> {
        Buckets {
            allowance,
            owed: HashMap::new(),
        }
    }

    /// How long `who` has to wait until `cost` more is within the allowance; nothing where it is now.
    pub fn wait(&self, who: &Who, cost: f64, now: Instant) -> Option<Duration> {
        let (debt, since) = self.owed.get(who)?;
        self.beyond(self.left(*debt, *since, now) + cost)
    }

    /// Adds to what `who` owes; the answer is how long that is beyond the allowance, and nothing where it is within it.
    pub fn add(&mut self, who: Who, cost: f64, now: Instant) -> Option<Duration> {
        if self.owed.len() >= REMEMBERED {
            self.forget_the_paid(now);
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

    fn forget_the_paid(&mut self, now: Instant) {
        let paid = |buckets: &Self, (debt, since): &(f64, Instant)| buckets.left(*debt, *since, now) <= 0.0;
        let owed = std::mem::take(&mut self.owed);
        self.owed = owed.into_iter().filter(|(_, owes)| !paid(self, owes)).collect();
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
}
