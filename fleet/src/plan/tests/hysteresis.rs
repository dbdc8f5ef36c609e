//! Hysteresis.

use std::time::Duration;

use super::super::SettleTimer;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn it_measures_from_the_first_time_the_condition_held() {
    let mut timer = SettleTimer::default();
    assert_eq!(timer.observe(seconds(5), false), None);
    assert_eq!(timer.observe(seconds(10), true), Some(Duration::ZERO));
    assert_eq!(timer.observe(seconds(14), true), Some(seconds(4)));
}

#[test]
fn a_break_starts_it_anew() {
    let mut timer = SettleTimer::default();
    timer.observe(seconds(1), true);
    timer.observe(seconds(2), false);
    assert_eq!(timer.observe(seconds(3), true), Some(Duration::ZERO));
}

#[test]
fn a_clock_that_goes_back_makes_no_trouble() {
    let mut timer = SettleTimer::default();
    timer.observe(seconds(9), true);
    assert_eq!(timer.observe(seconds(3), true), Some(Duration::ZERO));
}
