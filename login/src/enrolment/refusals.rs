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
pub enum TokenRefusal {
    /// It was never given out for that instance.
    Unknown,
    /// It has been used.
    Used,
    /// Its time is over.
    Late,
    /// It was shown by another machine than the one that it was for.
    Elsewhere,
}

impl TokenRefusal {
    /// All.
    pub const ALL: [TokenRefusal; 4] = [
        TokenRefusal::Unknown,
        TokenRefusal::Used,
        TokenRefusal::Late,
        TokenRefusal::Elsewhere,
    ];

    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            TokenRefusal::Unknown => "unknown",
            TokenRefusal::Used => "used",
            TokenRefusal::Late => "late",
            TokenRefusal::Elsewhere => "elsewhere",
        }
    }

    /// What the machine is told.
    pub fn sentence(self) -> &'static str {
        match self {
            TokenRefusal::Unknown => "this token was not given out for that instance",
            TokenRefusal::Used => "this token has been used: it is good for one exchange",
            TokenRefusal::Late => "this token's time is over",
            TokenRefusal::Elsewhere => "this token is for another machine than the one that shows it",
        }
    }
}

/// How many there were.
#[derive(Debug, Default)]
pub struct Refusals {
    counts: [AtomicU64; 4],
    told: Mutex<HashSet<(TokenRefusal, IpAddr)>>,
}

impl Refusals {
    /// Counts one, and tells the operator where it is the first of its kind.
    pub fn note(&self, reason: TokenRefusal, instance: InstanceId, from: IpAddr) {
        self.counts[reason as usize].fetch_add(1, Ordering::Relaxed);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MOST_TOLD && told.insert((reason, from)) {
            tracing::warn!(%instance, %from, reason = reason.name(), "refused an enrolment: {}", reason.sentence());
        }
    }

    /// How many there were for that reason, since this server began.
    pub fn count(&self, reason: TokenRefusal) -> u64 {
        self.counts[reason as usize].load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_counted_under_its_reason() {
        let refused = Refusals::default();
        let from = IpAddr::from([10, 0, 0, 1]);
        for reason in [TokenRefusal::Used, TokenRefusal::Elsewhere, TokenRefusal::Elsewhere] {
            refused.note(reason, InstanceId(uuid::Uuid::nil()), from);
        }
        assert_eq!(TokenRefusal::ALL.map(|reason| refused.count(reason)), [0, 1, 0, 2]);
    }
}
