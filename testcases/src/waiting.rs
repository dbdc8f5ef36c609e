//! Waiting for what must come true some time.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// How long anything may take before a test calls it broken. Generous,
/// because tests share two slow cores; only failures wait this long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at something that has not come true yet.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks again and again until `probe` has an answer.
///
/// # Panics
/// When [`PATIENCE`] is over; `what` says what was waited for.
pub fn eventually<T>(what: &str, probe: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, probe).unwrap_or_else(|| panic!("waited {PATIENCE:?} in vain: {what}"))
}

/// Looks again and again until `probe` has an answer, or the time is over.
pub fn within<T>(time: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + time;
    loop {
        let answer = probe();
        if answer.is_some() || Instant::now() >= deadline {
            return answer;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Looks again and again until `look` finds `wanted`.
///
/// # Panics
/// When [`PATIENCE`] is over, with the last thing seen.
pub fn eventually_is<T: PartialEq + Debug>(what: &str, wanted: &T, mut look: impl FnMut() -> T) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let seen = look();
        if seen == *wanted {
            return;
        }
        let late = Instant::now() >= deadline;
        assert!(
            !late,
            "waited {PATIENCE:?} in vain: {what}\n wanted {wanted:?}\n seen   {seen:?}"
        );
        std::thread::sleep(PAUSE);
    }
}
