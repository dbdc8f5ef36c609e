//! Slows down those who are refused too often: their replies wait, none is dropped.

use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tenfold_core::ids::SessionId;

use crate::buckets::{Allowance, Buckets};
use crate::origin::Origin;

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

/// Who was refused how often of late.
#[derive(Debug)]
pub struct Slowing {
    sessions: Mutex<Buckets<SessionId>>,
    addresses: Mutex<Buckets<Origin>>,
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
            sessions: Mutex::new(Buckets::new(session)),
            addresses: Mutex::new(Buckets::new(address)),
        }
    }

    /// Counts a refusal; the answer is how long its reply should wait.
    pub fn refused(&self, address: Option<IpAddr>, session: Option<SessionId>) -> Duration {
        let now = Instant::now();
        let by_session = session.map(|session| charge(&self.sessions, session, now));
        let by_address = address.map(|address| charge(&self.addresses, Origin::of(Some(address)), now));
        by_session.max(by_address).unwrap_or_default().min(LONGEST)
    }
}

fn charge<Who: Eq + Hash>(buckets: &Mutex<Buckets<Who>>, who: Who, now: Instant) -> Duration {
    let mut buckets = buckets.lock().unwrap_or_else(PoisonError::into_inner);
    buckets.add(who, 1.0, now).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_THEN_TEN: Allowance = Allowance {
        burst: 2.0,
        per_second: 10.0,
    };

    #[test]
    fn nobody_waits_for_ever() {
        let slowing = Slowing::new(TWO_THEN_TEN, TWO_THEN_TEN);
        let address = Some(IpAddr::from([127, 0, 0, 1]));
        let longest = (0..1000).map(|_| slowing.refused(address, None)).max();
        assert_eq!(longest, Some(LONGEST));
    }
}
