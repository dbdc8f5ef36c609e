//! From the instances' events to data: each transition once, how long a boot and a drain took, and launches that failed.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tenfold_core::event::{Event, Recorded};
use tenfold_core::facts::InstanceState;
use tenfold_core::ids::InstanceId;
use tenfold_core::launch_failure::LaunchFailure;

use crate::catalogue::Metric;
use crate::datum::Datum;
use crate::series::Series;

/// What has to be known of the living instances to tell how long something took. Whoever goes on at a checkpoint folds
/// the events before it with [`Lives::fold`] and throws the data away; as many are kept as there are living instances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lives {
    living: HashMap<InstanceId, Life>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Life {
    state: InstanceState,
    requested_at: DateTime<Utc>,
    draining_since: Option<DateTime<Utc>>,
}

impl Lives {
    /// Takes the next event of the log and answers with what is to be published of it: nothing where it is not about an
    /// instance. The same events give the same data, whenever they are read.
    pub fn fold(&mut self, recorded: &Recorded) -> Vec<Datum> {
        let Some((instance, state)) = transition(&recorded.event) else {
            return Vec::new();
        };
        let at = recorded.at;
        let mut data = vec![Datum::new(Series::state(Metric::Transitions, state), at, 1.0)];
        let before = self.living.get(&instance).copied();
        if let Some(life) = before {
            data.extend(timing(life, state, at));
        }
        if let Some(failure) = recorded.event.launch_failure() {
            data.extend(failed(failure, at));
        }
        self.remember(instance, state, before, at);
        data
    }

    fn remember(&mut self, instance: InstanceId, state: InstanceState, before: Option<Life>, at: DateTime<Utc>) {
        if state == InstanceState::Terminated {
            self.living.remove(&instance);
            return;
        }
        // Without its request, which was before all that we have read, its boot cannot be timed.
        if before.is_none() && state != InstanceState::Requested {
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
        Event::InstanceDraining { instance } => Some((*instance, InstanceState::Draining)),
        Event::InstanceTerminated { instance, .. } => Some((*instance, InstanceState::Terminated)),
        Event::InstanceLost { instance, .. } => Some((*instance, InstanceState::Lost)),
        _ => None,
    }
}

fn timing(life: Life, next: InstanceState, at: DateTime<Utc>) -> Option<Datum> {
    // The database's clock may be set back between two events.
    let since = |then: DateTime<Utc>| (at - then).to_std().unwrap_or(Duration::ZERO);
    match (next, life.draining_since) {
        (InstanceState::Ready, _) => Some(Datum::timing(Metric::Boot, at, since(life.requested_at))),
        (InstanceState::Terminated, Some(then)) if life.state == InstanceState::Draining => {
            Some(Datum::timing(Metric::Drain, at, since(then)))
        }
        _ => None,
    }
}

/// A failed launch, as the alarm counts it and by its reason. Alarms pay by the metric, so they have one of their own.
fn failed(failure: LaunchFailure, at: DateTime<Utc>) -> Vec<Datum> {
    let by_reason = Series {
        metric: Metric::LaunchFailuresByReason,
        part: Some(failure.name()),
    };
    [Series::whole(Metric::LaunchFailures), by_reason]
        .map(|series| Datum::new(series, at, 1.0))
        .into()
}

#[cfg(test)]
mod tests {
    use tenfold_core::ids::{CommandId, EventId, Position};
    use uuid::Uuid;

    use super::*;

    const INSTANCE: InstanceId = InstanceId(Uuid::nil());

    fn requested() -> Event {
        let instance = INSTANCE;
        Event::InstanceRequested { instance, seats: 10 }
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
        Event::InstanceDraining { instance }
    }

    fn terminated(reason: &str) -> Event {
        Event::InstanceTerminated {
            instance: INSTANCE,
            reason: reason.into(),
            launch_failure: None,
        }
    }

    fn not_launched() -> Event {
        Event::InstanceTerminated {
            instance: INSTANCE,
            reason: "it could not be launched: 32 vCPUs".into(),
            launch_failure: Some(LaunchFailure::Quota),
        }
    }

    fn lost(launch_failure: Option<LaunchFailure>) -> Event {
        Event::InstanceLost {
            instance: INSTANCE,
            reason: "it stopped answering".into(),
            launch_failure,
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

    /// What is published, as `title value` at its time.
    fn published(events: impl IntoIterator<Item = (i64, Event)>) -> Vec<(i64, String)> {
        let mut lives = Lives::default();
        let events = events.into_iter();
        let data = events.flat_map(|(seconds, event)| lives.fold(&at(seconds, event)));
        data.map(|datum| {
            (
                datum.at.timestamp(),
                format!("{} {}", datum.series.title(), datum.values[0].value),
            )
        })
        .collect()
    }

    fn expect(events: impl IntoIterator<Item = (i64, Event)>, expected: &[(i64, &str)]) {
        let expected: Vec<_> = expected.iter().map(|(at, text)| (*at, (*text).to_owned())).collect();
        assert_eq!(published(events), expected);
    }

    #[test]
    fn a_whole_life_is_published_at_its_own_times() {
        let launched = Event::InstanceLaunched {
            instance: INSTANCE,
            reference: "i-1".into(),
        };
        let events = [
            (1, requested()),
            (2, launched),
            (4, ready()),
            (10, draining()),
            (15, terminated("it was drained and its users have left")),
        ];
        let expected = [
            (1, "InstanceTransitions (State requested) 1"),
            (2, "InstanceTransitions (State launched) 1"),
            (4, "InstanceTransitions (State ready) 1"),
            (4, "InstanceBoot 3000"),
            (10, "InstanceTransitions (State draining) 1"),
            (15, "InstanceTransitions (State terminated) 1"),
            (15, "InstanceDrain 5000"),
        ];
        expect(events, &expected);
    }

    #[test]
    fn a_launch_that_failed_is_counted_once_and_by_its_reason() {
        let events = [(1, requested()), (2, not_launched())];
        let expected = [
            (1, "InstanceTransitions (State requested) 1"),
            (2, "InstanceTransitions (State terminated) 1"),
            (2, "LaunchFailures 1"),
            (2, "LaunchFailuresByReason (Reason quota) 1"),
        ];
        expect(events, &expected);
        let lost_twice = [
            (1, requested()),
            (2, lost(Some(LaunchFailure::Other))),
            (3, terminated("gone")),
        ];
        let failures = published(lost_twice)
            .into_iter()
            .filter(|(_, text)| text == "LaunchFailures 1");
        assert_eq!(
            failures.count(),
            1,
            "an instance that is lost and then ended failed once"
        );
    }

    #[test]
    fn what_is_ended_with_the_service_has_not_failed() {
        let events = [
            (1, requested()),
            (2, draining()),
            (3, terminated("the last login server was stopped")),
        ];
        assert!(
            !published(events)
                .iter()
                .any(|(_, text)| text.starts_with("LaunchFailures"))
        );
    }

    #[test]
    fn a_restart_at_any_checkpoint_loses_and_doubles_nothing() {
        let events = [requested(), ready(), draining(), lost(None), terminated("gone")];
        let all: Vec<_> = events
            .into_iter()
            .zip(1..)
            .map(|(event, seconds)| at(seconds, event))
            .collect();
        let mut whole = Lives::default();
        let expected: Vec<_> = all.iter().flat_map(|event| whole.fold(event)).collect();
        for checkpoint in 0..=all.len() {
            let mut first = Lives::default();
            let mut data: Vec<_> = all[..checkpoint].iter().flat_map(|event| first.fold(event)).collect();
            let mut second = Lives::default();
            all[..checkpoint].iter().for_each(|event| drop(second.fold(event)));
            data.extend(all[checkpoint..].iter().flat_map(|event| second.fold(event)));
            assert_eq!(data, expected);
        }
        assert_eq!(whole, Lives::default(), "who has ended is forgotten");
    }

    #[test]
    fn a_clock_that_was_set_back_gives_no_negative_time() {
        let published = published([(9, requested()), (3, ready())]);
        assert_eq!(published[2], (3, "InstanceBoot 0".to_owned()));
    }
}
