//! What to do about a call of which nobody knows whether it has arrived. Pure.
//!
//! PutMetricData made twice counts twice, and a server may die, or a reply get lost, after it was made. So it is asked for
//! first: the log tells how many events of a kind there were in a minute up to the call's last one, CloudWatch tells how many it
//! has. What has arrived may take a while to be seen there, so that its absence is believed only when that while is over.

use std::time::Duration;

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It has arrived: go on.
    GoOn,
    /// It has not: make it again.
    MakeAgain,
    /// It is too early to tell: ask again after this time.
    Ask(Duration),
}

/// `attempted` is how long ago the call was made, nothing where it certainly did not arrive; `settled` how long after a call CloudWatch
/// surely shows it; `expected` how much there must be with it, and `seen` how much there is.
pub fn next(attempted: Option<Duration>, settled: Duration, expected: f64, seen: f64) -> Next {
    match attempted {
        None => Next::MakeAgain,
        // Whole numbers, added up by others.
        Some(_) if seen + 0.5 >= expected => Next::GoOn,
        Some(ago) if ago >= settled => Next::MakeAgain,
        Some(ago) => Next::Ask(settled - ago),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_is_seen_has_arrived_however_early() {
        assert_eq!(next(Some(Duration::ZERO), 180 * SECOND, 3.0, 3.0), Next::GoOn);
        assert_eq!(next(Some(500 * SECOND), 180 * SECOND, 3.0, 4.0), Next::GoOn);
    }

    #[test]
    fn what_is_not_seen_is_believed_to_be_missing_only_after_a_while() {
        assert_eq!(next(Some(10 * SECOND), 180 * SECOND, 3.0, 2.0), Next::Ask(170 * SECOND));
        assert_eq!(next(Some(180 * SECOND), 180 * SECOND, 3.0, 2.0), Next::MakeAgain);
    }

    #[test]
    fn what_was_refused_is_made_again_at_once() {
        assert_eq!(next(None, 180 * SECOND, 3.0, 0.0), Next::MakeAgain);
    }
}
