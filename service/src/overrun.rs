//! What goes beyond a quota: counted, and told with who it is, once a minute for each. Lines are of one form, so that a tool such as fail2ban can
//! read them: `refused by a quota quota="connections" who=192.0.2.7 times=1`.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const TELL_EVERY: Duration = Duration::from_secs(60);
/// More are told apart only when those are forgotten that nothing came of for a while.
const MOST: usize = 10_000;

/// What was refused, by quota and by whom.
#[derive(Debug, Default)]
pub struct Overruns(Mutex<HashMap<(&'static str, String), Told>>);

#[derive(Debug)]
struct Told {
    at: Instant,
    since: u64,
}

impl Overruns {
    /// Counts one.
    pub fn count(&self, quota: &'static str, who: &impl Display) {
        if let Some(times) = self.is_to_be_told(quota, who.to_string(), Instant::now()) {
            tracing::warn!(quota, %who, times, "refused by a quota");
        }
    }

    /// How often it happened since it was told last, where it is time to tell it.
    fn is_to_be_told(&self, quota: &'static str, who: String, now: Instant) -> Option<u64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.retain(|_, told| now.duration_since(told.at) < TELL_EVERY);
        }
        if all.len() >= MOST {
            return None;
        }
        match all.get_mut(&(quota, who.clone())) {
            None => {
                all.insert((quota, who), Told { at: now, since: 0 });
                Some(1)
            }
            Some(told) => {
                told.since += 1;
                if now.duration_since(told.at) < TELL_EVERY {
                    return None;
                }
                told.at = now;
                Some(std::mem::take(&mut told.since))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_at_once_and_then_once_a_minute_with_how_many_there_were() {
        let (overruns, now) = (Overruns::default(), Instant::now());
        let told = |who: &str, seconds| overruns.is_to_be_told("x", who.to_owned(), now + Duration::from_secs(seconds));
        assert_eq!(told("a", 0), Some(1));
        assert_eq!((told("a", 1), told("a", 2)), (None, None));
        assert_eq!(told("b", 2), Some(1));
        assert_eq!(told("a", 61), Some(3));
        assert_eq!(told("a", 62), None);
    }
}
