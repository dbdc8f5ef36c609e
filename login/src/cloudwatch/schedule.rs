//! When to publish: at the same moment of every interval, whenever the server was started.

use std::time::Duration;

/// Where in an interval: away from its ends, so that of every minute there is one datum, also where a clock is a little wrong.
const PART: u32 = 3;

/// How long it is from `now` (since any fixed moment that begins a minute) to the next time.
pub fn until_next(now: Duration, every: Duration) -> Duration {
    let every = every.max(Duration::from_millis(1));
    let into = Duration::from_nanos(u64::try_from(now.as_nanos() % every.as_nanos()).unwrap_or(0));
    let wanted = every / PART;
    if into < wanted {
        wanted - into
    } else {
        every - into + wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_interval_has_its_moment() {
        let minute = Duration::from_secs(60);
        for (now, expected) in [
            (0, 20),
            (19, 1),
            (20, 60),
            (59, 21),
            (600 + 20, 60),
            (1_700_000_040, 20),
        ] {
            assert_eq!(
                until_next(Duration::from_secs(now), minute),
                Duration::from_secs(expected),
                "{now}"
            );
        }
    }

    #[test]
    fn it_is_never_at_once_for_then_one_moment_would_come_twice() {
        for nanoseconds in 0..1000 {
            assert!(until_next(Duration::from_nanos(nanoseconds), Duration::from_secs(1)) > Duration::ZERO);
        }
    }
}
