//! Running totals of what happened to the fleet's instances: a fold over their events, and so a function of the log alone. Whichever
//! server tells them, they are the same.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tenfold_core::event::{Event, Recorded};
use tenfold_core::facts::InstanceState;
use tenfold_core::ids::InstanceId;
use tenfold_core::launch_failure::LaunchFailure;

use crate::catalogue::{Kind, Metric, Series, series};
use crate::sample::Sample;

/// Every counter of the catalogue, up to some position of the log. Besides the counts it keeps the instances that have not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    counts: BTreeMap<Series, u64>,
    living: HashMap<InstanceId, Life>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Life {
    state: InstanceState,
    requested_at: DateTime<Utc>,
    draining_since: Option<DateTime<Utc>>,
}

impl Default for Totals {
    /// Those of an empty log: every counter is zero.
    fn default() -> Totals {
        let counters = series().into_iter();
        let counters = counters.filter(|series| series.metric.definition().kind == Kind::Counter);
        Totals {
            counts: counters.map(|series| (series, 0)).collect(),
            living: HashMap::new(),
        }
    }
}

impl Totals {
    /// Counts the next event of the log, and answers how long the boot or the draining took that it ended. Events that are not about an
    /// instance change nothing.
    pub fn fold(&mut self, recorded: &Recorded) -> Option<Sample> {
        let (instance, state) = transition(&recorded.event)?;
        self.count(Metric::Transitions.of(state.name()));
        let before = self.living.get(&instance).copied();
        if let Some(reason) = before.and_then(|life| failure(life, &recorded.event)) {
            self.count(Metric::LaunchFailures.whole());
            self.count(Metric::LaunchFailuresByReason.of(reason.name()));
        }
        self.remember(instance, state, before, recorded.at);
        timing(before?, state, recorded.at)
    }

    /// Every counter as it is now, zeros too: without one at the beginning there is no difference to the first that happens.
    pub fn samples(&self, at: DateTime<Utc>) -> impl Iterator<Item = Sample> {
        let counts = self.counts.iter();
        counts.map(move |(series, count)| Sample::new(*series, at, *count as f64))
    }

    fn count(&mut self, series: Series) {
        *self.counts.entry(series).or_default() += 1;
    }

    fn remember(&mut self, instance: InstanceId, state: InstanceState, before: Option<Life>, at: DateTime<Utc>) {
        if state == InstanceState::Terminated {
            self.living.remove(&instance);
            return;
        }
        let drains = state == InstanceState::Draining;
        let life = Life {
            state,
            requested_at: before.map_or(at, |life| life.requested_at),
            draining_since: before.and_then(|life| life.draining_since).or(drains.then_some(at)),
        };
        self.living.insert(instance, life);
    }
}

/// Whose transition the event is, and into which state.
fn transition(event: &Event) -> Option<(InstanceId, InstanceState)> {
    match event {
        Event::InstanceRequested { instance, .. } => Some((*instance, InstanceState::Requested)),
        Event::InstanceLaunched { instance, .. } => Some((*instance, InstanceState::Launched)),
        Event::InstanceReady { instance, .. } => Some((*instance, InstanceState::Ready)),
        Event::InstanceDraining { instance, .. } => Some((*instance, InstanceState::Draining)),
        Event::InstanceTerminated { instance, .. } => Some((*instance, InstanceState::Terminated)),
        Event::InstanceLost { instance, .. } => Some((*instance, InstanceState::Lost)),
        _ => None,
    }
}

fn timing(before: Life, next: InstanceState, at: DateTime<Utc>) -> Option<Sample> {
    // The database's clock may be set back between two events.
    let since = |then: DateTime<Utc>| (at - then).to_std().unwrap_or(Duration::ZERO);
    match (next, before.draining_since) {
        (InstanceState::Ready, _) => Some(Sample::timing(Metric::Boot, at, since(before.requested_at))),
        (InstanceState::Terminated, Some(then)) if before.state == InstanceState::Draining => {
            Some(Sample::timing(Metric::Drain, at, since(then)))
        }
        _ => None,
    }
}

/// A server that ends before it served is a launch that failed. One that is drained first was not wanted any more.
fn failure(before: Life, event: &Event) -> Option<LaunchFailure> {
    let starts = matches!(before.state, InstanceState::Requested | InstanceState::Launched);
    let ends = matches!(event, Event::InstanceTerminated { .. } | Event::InstanceLost { .. });
    (starts && ends).then(|| event.launch_failure().unwrap_or(LaunchFailure::Other))
}

#[cfg(test)]
mod tests {
    use tenfold_core::ids::{CommandId, EventId, Position};
    use uuid::Uuid;

    use super::*;

    const INSTANCE: InstanceId = InstanceId(Uuid::nil());

    fn requested() -> Event {
        let instance = INSTANCE;
        Event::InstanceRequested {
            instance,
            seats: 10,
            reason: String::new(),
        }
    }

    fn ready() -> Event {
        Event::InstanceReady {
            instance: INSTANCE,
            host: None,
            port: 1,
        }
    }

    fn draining() -> Event {
        let instance = INSTANCE;
        Event::InstanceDraining {
            instance,
            reason: String::new(),
        }
    }

    fn terminated(launch_failure: Option<LaunchFailure>) -> Event {
        Event::InstanceTerminated {
            instance: INSTANCE,
            reason: "it is not needed".into(),
            launch_failure,
        }
    }

    fn lost() -> Event {
        Event::InstanceLost {
            instance: INSTANCE,
            reason: "it stopped answering".into(),
            launch_failure: None,
        }
    }

    fn at(seconds: i64, event: Event) -> Recorded {
        Recorded {
            position: Position(seconds),
            id: EventId(Uuid::nil()),
            version: 1,
            command: CommandId(Uuid::nil()),
            ordinal: 0,
            actor: None,
            at: DateTime::from_timestamp(seconds, 0).unwrap(),
            event,
        }
    }

    /// The totals that are not zero and the timings, as `title value`.
    fn told(events: &[(i64, Event)]) -> (Vec<String>, Vec<String>) {
        let mut totals = Totals::default();
        let events = events.iter().cloned();
        let title = |sample: Sample| format!("{} {}", sample.series.title(), sample.values[0].0);
        let timings = events.filter_map(|(seconds, event)| totals.fold(&at(seconds, event)));
        let timings = timings.map(title).collect();
        let counted = totals.samples(DateTime::UNIX_EPOCH);
        let counted = counted.filter(|sample| sample.values[0].0 > 0.0).map(title);
        (counted.collect(), timings)
    }

    #[test]
    fn a_whole_life_is_counted_and_timed() {
        let launched = Event::InstanceLaunched {
            instance: INSTANCE,
            reference: "i-1".into(),
        };
        let (totals, timings) = told(&[
            (1, requested()),
            (2, launched),
            (4, ready()),
            (10, draining()),
            (15, terminated(None)),
        ]);
        let states = ["draining", "launched", "ready", "requested", "terminated"];
        assert_eq!(
            totals,
            states.map(|state| format!("InstanceTransitions (State {state}) 1"))
        );
        assert_eq!(timings, ["InstanceBoot 3000", "InstanceDrain 5000"]);
    }

    #[test]
    fn a_launch_that_failed_is_counted_once_and_by_its_reason() {
        for reason in LaunchFailure::ALL {
            let (totals, _) = told(&[(1, requested()), (2, terminated(Some(reason)))]);
            let failures = &totals[2..];
            let by_reason = format!("LaunchFailuresByReason (Reason {}) 1", reason.name());
            assert_eq!(failures, ["LaunchFailures 1".to_owned(), by_reason]);
        }
        let (lost_then_ended, _) = told(&[(1, requested()), (2, lost()), (3, terminated(None))]);
        assert!(
            lost_then_ended.contains(&"LaunchFailures 1".to_owned()),
            "{lost_then_ended:?}"
        );
    }

    #[test]
    fn what_served_or_was_not_wanted_any_more_has_not_failed() {
        for events in [
            [(1, requested()), (2, draining()), (3, terminated(None))],
            [(1, requested()), (2, ready()), (3, lost())],
        ] {
            let (totals, _) = told(&events);
            assert!(
                !totals.iter().any(|total| total.starts_with("LaunchFailures")),
                "{totals:?}"
            );
        }
    }

    #[test]
    fn who_has_ended_is_forgotten() {
        let mut totals = Totals::default();
        for event in [requested(), ready(), draining(), lost(), terminated(None)] {
            totals.fold(&at(1, event));
        }
        assert_eq!(totals.living, HashMap::new());
    }

    #[test]
    fn a_clock_that_was_set_back_gives_no_negative_time() {
        assert_eq!(told(&[(9, requested()), (3, ready())]).1, ["InstanceBoot 0"]);
    }
}
