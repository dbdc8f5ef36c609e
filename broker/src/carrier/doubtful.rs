//! What came and was not believed: counted, and told together. Pure.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use tenfold_core::parcel::Rejected;
use tokio::time::Instant;

/// What comes meanwhile is told together.
const COLLECTED: Duration = Duration::from_secs(1);
/// Between two warnings, so that nobody who can write to a queue can fill the log.
const SILENCE: Duration = Duration::from_secs(60);

/// Counts of what was dropped since the last warning.
#[derive(Debug, Default)]
pub(super) struct Doubtful {
    counts: BTreeMap<Rejected, u64>,
    due: Option<Instant>,
    warned: Option<Instant>,
}

impl Doubtful {
    /// One more was dropped.
    pub fn count(&mut self, why: Rejected, now: Instant) {
        *self.counts.entry(why).or_default() += 1;
        let silence_ends = self.warned.map_or(now, |warned| warned + SILENCE);
        self.due.get_or_insert(silence_ends.max(now + COLLECTED));
    }

    /// When there is something to warn of.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// What to warn of; counted from anew.
    pub fn take(&mut self, now: Instant) -> Dropped {
        self.due = None;
        self.warned = Some(now);
        Dropped(std::mem::take(&mut self.counts))
    }
}

/// How many were dropped, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dropped(BTreeMap<Rejected, u64>);

impl fmt::Display for Dropped {
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
        let (start, mut doubtful) = (Instant::now(), Doubtful::default());
        for _ in 0..3 {
            doubtful.count(Rejected::Forged, start);
        }
        doubtful.count(Rejected::Foreign, start + COLLECTED / 2);
        assert_eq!(doubtful.due(), Some(start + COLLECTED));
        let told = doubtful.take(start + COLLECTED).to_string();
        assert_eq!(told, "4 (1 foreign or cut off, 3 not sealed with this fleet's key)");
        assert_eq!(doubtful.due(), None);
        doubtful.count(Rejected::Foreign, start + COLLECTED * 2);
        assert_eq!(doubtful.due(), Some(start + COLLECTED + SILENCE));
    }
}
