//! Notices that the database's clock was set: by NTP, by hand, or because its machine was suspended and resumed.

use std::time::Duration;

/// A step that is smaller changes no age that anything rests on.
const SMALLEST: f64 = 1.0;

/// Compares the database's clock with a steady one. Pure.
#[derive(Debug, Default)]
pub(crate) struct ClockWatch {
    last: Option<Reading>,
}

/// The database's clock showed `shown` at some moment between `asked` and `answered` of the steady clock.
#[derive(Clone, Copy, Debug)]
struct Reading {
    asked: f64,
    answered: f64,
    shown: f64,
}

impl ClockWatch {
    /// Takes a reading. The answer is by how many seconds at least the database's clock was set since the one before: above 0 forward,
    /// below 0 back. An answer that took long hides a step of that size, and never looks like one.
    pub fn compare(&mut self, asked: Duration, answered: Duration, shown: Duration) -> Option<f64> {
        let now = Reading {
            asked: asked.as_secs_f64(),
            answered: answered.as_secs_f64(),
            shown: shown.as_secs_f64(),
        };
        let before = self.last.replace(now)?;
        let advanced = now.shown - before.shown;
        let forward = advanced - (now.answered - before.asked);
        let back = advanced - (now.asked - before.answered);
        [forward.max(0.0), back.min(0.0)]
            .into_iter()
            .find(|step| step.abs() >= SMALLEST)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: u64 = 3600;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_clock_that_is_set_is_noticed_once() {
        let mut watch = ClockWatch::default();
        assert_eq!(watch.compare(seconds(0), seconds(0), seconds(1_000_000)), None);
        assert_eq!(watch.compare(seconds(1), seconds(1), seconds(1_000_001)), None);
        let ahead = 1_000_002 + 2 * HOUR;
        assert_eq!(watch.compare(seconds(2), seconds(2), seconds(ahead)), Some(7200.0));
        assert_eq!(watch.compare(seconds(3), seconds(3), seconds(ahead + 1)), None);
        assert_eq!(watch.compare(seconds(4), seconds(4), seconds(1_000_004)), Some(-7200.0));
    }

    proptest! {
        #[test]
        fn answers_that_come_late_are_no_steps(delays in prop::collection::vec((0u64..20_000, 0u64..20_000, 0u64..1_000), 1..20)) {
            let mut watch = ClockWatch::default();
            let mut steady = Duration::ZERO;
            for (pause, to, back) in delays {
                let asked = steady + Duration::from_millis(pause);
                let at = asked + Duration::from_millis(to);
                steady = at + Duration::from_millis(back);
                prop_assert_eq!(watch.compare(asked, steady, seconds(1_000_000) + at), None);
            }
        }
    }
}
