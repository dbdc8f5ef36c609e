//! Slows down those who are refused too often: their replies wait, none is dropped.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tenfold_core::ids::SessionId;

/// How many refusals are free, and how many a second after that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allowance {
    /// So many at once cost nothing.
    pub burst: f64,
    /// So many a second are forgiven.
    pub per_second: f64,
}

/// For a session.
const SESSION: Allowance = Allowance {
    burst: 500.0,
    per_second: 200.0,
};
/// For an address, behind which many people may sit.
const ADDRESS: Allowance = Allowance {
    burst: 5_000.0,
    per_second: 1_000.0,
};
/// No reply waits longer.
const LONGEST: Duration = Duration::from_secs(10);
/// Above so many remembered, those who owe nothing are forgotten.
const REMEMBERED: usize = 10_000;

/// Who was refused how often of late.
#[derive(Debug)]
pub struct Slowing {
    sessions: Mutex<Debts<SessionId>>,
    addresses: Mutex<Debts<IpAddr>>,
}

impl Default for Slowing {
    fn default() -> Slowing {
        Slowing::new(SESSION, ADDRESS)
    }
}

impl Slowing {
    /// With these allowances for a session and for an address.
    pub fn new(session: Allowance, address: Allowance) -> Slowing {
        Slowing {
            sessions: Mutex::new(Debts::new(session)),
            addresses: Mutex::new(Debts::new(address)),
        }
    }

    /// Counts a refusal; the answer is how long its reply should wait.
    pub fn refused(&self, address: Option<IpAddr>, session: Option<SessionId>) -> Duration {
        let now = Instant::now();
        let by_session = session.map(|session| charge(&self.sessions, session, now));
        let by_address = address.map(|address| charge(&self.addresses, address, now));
        by_session.max(by_address).unwrap_or_default().min(LONGEST)
    }
}

fn charge<Who: Eq + Hash>(debts: &Mutex<Debts<Who>>, who: Who, now: Instant) -> Duration {
    debts.lock().unwrap_or_else(PoisonError::into_inner).charge(who, now)
}

/// Leaky buckets: what each owes leaks away with time.
#[derive(Debug)]
struct Debts<Who> {
    allowance: Allowance,
    owed: HashMap<Who, (f64, Instant)>,
}

impl<Who: Eq + Hash> Debts<Who> {
    fn new(allowance: Allowance) -> Debts<Who> {
        Debts {
            allowance,
            owed: HashMap::new(),
        }
    }

    fn charge(&mut self, who: Who, now: Instant) -> Duration {
        if self.owed.len() >= REMEMBERED {
            self.forget_the_paid(now);
        }
        let allowance = self.allowance;
        let (debt, since) = self.owed.entry(who).or_insert((0.0, now));
        *debt = left(*debt, *since, now, allowance) + 1.0;
        *since = now;
        let over = (*debt - allowance.burst).max(0.0);
        Duration::try_from_secs_f64(over / allowance.per_second).unwrap_or(LONGEST)
    }

    fn forget_the_paid(&mut self, now: Instant) {
        let allowance = self.allowance;
        self.owed
            .retain(|_, (debt, since)| left(*debt, *since, now, allowance) > 0.0);
    }
}

fn left(debt: f64, since: Instant, now: Instant, allowance: Allowance) -> f64 {
    let forgiven = now.saturating_duration_since(since).as_secs_f64() * allowance.per_second;
    (debt - forgiven).max(0.0)
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
        let mut debts = Debts::new(TWO_THEN_TEN);
        let now = Instant::now();
        let waits: Vec<u128> = (0..4).map(|_| debts.charge("a", now).as_millis()).collect();
        assert_eq!(waits, [0, 0, 100, 200]);
        assert_eq!(debts.charge("b", now), Duration::ZERO);
    }

    #[test]
    fn time_forgives() {
        let mut debts = Debts::new(TWO_THEN_TEN);
        let now = Instant::now();
        for _ in 0..10 {
            debts.charge("a", now);
        }
        assert_eq!(debts.charge("a", now + Duration::from_secs(1)), Duration::ZERO);
    }

    #[test]
    fn memory_is_bounded_by_those_who_owe() {
        let mut debts = Debts::new(TWO_THEN_TEN);
        let mut now = Instant::now();
        for who in 0..3 * REMEMBERED {
            now += Duration::from_millis(1);
            debts.charge(who, now);
        }
        assert!(debts.owed.len() <= REMEMBERED, "{}", debts.owed.len());
    }

    #[test]
    fn nobody_waits_for_ever() {
        let slowing = Slowing::new(TWO_THEN_TEN, TWO_THEN_TEN);
        let address = Some(IpAddr::from([127, 0, 0, 1]));
        let longest = (0..1000).map(|_| slowing.refused(address, None)).max();
        assert_eq!(longest, Some(LONGEST));
    }
}
