//! How far a fold of the whole log is, in a line for a terminal.

use std::time::{Duration, Instant};

use tenfold_core::ids::Position;

use super::output::StatusLine;

const REFRESH: Duration = Duration::from_millis(200);

/// Shows `line`, which is told how long it has been going on, again and again for as long as it is polled.
pub(super) async fn watch(line: impl Fn(Duration) -> String) -> std::convert::Infallible {
    let status = StatusLine::new();
    let begun = Instant::now();
    loop {
        tokio::time::sleep(REFRESH).await;
        status.show(&line(begun.elapsed()));
    }
}

/// So many events are folded of a log that goes up to `until`; how fast, and how long it will take. Positions have gaps, so
/// that there are fewer events than `until` says.
pub(super) fn folding(events: u64, until: Position, elapsed: Duration) -> String {
    let rate = events as f64 / elapsed.as_secs_f64().max(f64::EPSILON);
    let left = (until.0 as f64 - events as f64).max(0.0) / rate.max(1.0);
    format!("folding event {events} of about {until}, {rate:.0}/s, {left:.0} s left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_time_left_are_told() {
        let line = folding(2_000, Position(10_000), Duration::from_secs(4));
        assert_eq!(line, "folding event 2000 of about 10000, 500/s, 16 s left");
        assert!(folding(5, Position(3), Duration::ZERO).ends_with("0 s left"));
    }
}
