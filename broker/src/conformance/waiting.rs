//! Waiting for what must come true some time.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long anything may take before a transport counts as broken. Generous, for machines are busy; only failures wait
/// this long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Between two checks at something that has not come true yet.
const PAUSE: Duration = Duration::from_millis(10);

/// Looks again and again until `probe` has an answer.
///
/// # Panics
/// When [`PATIENCE`] is over; `what` says what was waited for.
pub async fn eventually<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = probe() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain: {what}");
        sleep(PAUSE).await;
    }
}
