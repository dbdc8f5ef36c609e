//! Envelopes that were rejected: counted, and logged together. Pure.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use tenfold_core::envelope::EnvelopeError;
use tokio::time::Instant;

/// How long rejections are collected before they are logged together.
const COLLECTED: Duration = Duration::from_secs(1);
/// Between two warnings, so that nobody who can write to a queue can fill the log.
const SILENCE: Duration = Duration::from_secs(60);

/// Counts of what was rejected since the last warning.
#[derive(Debug, Default)]
pub(super) struct Rejections {
    counts: BTreeMap<EnvelopeError, u64>,
    due: Option<Instant>,
    warned: Option<Instant>,
}

impl Rejections {
    /// One more was rejected.
    pub fn count(&mut self, why: EnvelopeError, now: Instant) {
        *self.counts.entry(why).or_default() += 1;
        let silence_ends = self.warned.map_or(now, |warned| warned + SILENCE);
        self.due.get_or_insert(silence_ends.max(now + COLLECTED));
    }

    /// When there is something to warn of.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// What to warn of; counted from anew.
    pub fn take(&mut self, now: Instant) -> Rejected {
        self.due = None;
        self.warned = Some(now);
        Rejected(std::mem::take(&mut self.counts))
    }
}

/// How many were rejected, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejected(BTreeMap<EnvelopeError, u64>);

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.values().sum::<u64>())?;
        let reasons: Vec<String> = self.0.iter().map(|(why, count)| format!("{count} {why}")).collect();
        write!(f, " ({})", reasons.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_become_one_warning_and_the_next_waits() {
        let (start, mut rejections) = (Instant::now(), Rejections::default());
        for _ in 0..3 {
            rejections.count(EnvelopeError::Forged, start);
        }
        rejections.count(EnvelopeError::Foreign, start + COLLECTED / 2);
        assert_eq!(rejections.due(), Some(start + COLLECTED));
        let logged = rejections.take(start + COLLECTED).to_string();
        assert_eq!(logged, "4 (1 foreign or cut off, 3 not sealed with this fleet's key)");
        assert_eq!(rejections.due(), None);
        rejections.count(EnvelopeError::Foreign, start + COLLECTED * 2);
        assert_eq!(rejections.due(), Some(start + COLLECTED + SILENCE));
    }
}
