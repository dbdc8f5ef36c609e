//! Enrolments that were refused: counted by reason, and each kind told once for each address.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tenfold_core::ids::InstanceId;

/// More are counted and not told: whoever knocks from everywhere must not fill the log.
const MOST_TOLD: usize = 100;

/// Why a token was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// It was never given out for that instance.
    Unknown,
    /// It has been used.
    Used,
    /// Its time is over.
    Late,
    /// It was shown by another machine than the one that it was for.
    Elsewhere,
}

impl Reason {
    /// All.
    pub const ALL: [Reason; 4] = [Reason::Unknown, Reason::Used, Reason::Late, Reason::Elsewhere];

    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Unknown => "unknown",
            Reason::Used => "used",
            Reason::Late => "late",
            Reason::Elsewhere => "elsewhere",
        }
    }

    /// What the machine is told.
    pub fn sentence(self) -> &'static str {
        match self {
            Reason::Unknown => "this token was not given out for that instance",
            Reason::Used => "this token has been used: it is good for one exchange",
            Reason::Late => "this token's time is over",
            Reason::Elsewhere => "this token is for another machine than the one that shows it",
        }
    }
}

/// How many there were.
#[derive(Debug, Default)]
pub struct Refused {
    counts: [AtomicU64; 4],
    told: Mutex<HashSet<(Reason, IpAddr)>>,
}

impl Refused {
    /// Counts one, and tells the operator where it is news.
    pub fn note(&self, reason: Reason, instance: InstanceId, from: IpAddr) {
        self.counts[reason as usize].fetch_add(1, Ordering::Relaxed);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MOST_TOLD && told.insert((reason, from)) {
            tracing::warn!(%instance, %from, reason = reason.name(), "refused an enrolment: {}", reason.sentence());
        }
    }

    /// How many there were for that reason, since this server began.
    pub fn count(&self, reason: Reason) -> u64 {
        self.counts[reason as usize].load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_counted_under_its_reason() {
        let refused = Refused::default();
        let from = IpAddr::from([10, 0, 0, 1]);
        for reason in [Reason::Used, Reason::Elsewhere, Reason::Elsewhere] {
            refused.note(reason, InstanceId(uuid::Uuid::nil()), from);
        }
        assert_eq!(Reason::ALL.map(|reason| refused.count(reason)), [0, 1, 0, 2]);
    }
}
