//! A log made of random intents, for as long as one reads it.

use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tenfold_core::decide::{Decision, Rejection, decide};
use tenfold_core::event::{Event, Recorded};
use tenfold_core::facts::Facts;
use tenfold_core::ids::{CommandId, EventId, InstanceId, Position};
use tenfold_core::intent::Intent;
use uuid::Uuid;

use crate::crowd::Crowd;
use crate::intents;
use crate::shape::Shape;

/// A log that goes on for as long as one reads it.
pub struct Synthetic {
    random: StdRng,
    shape: Shape,
    crowd: Crowd,
    facts: Facts,
    position: Position,
    /// Decided and not yet given out.
    ready: std::collections::VecDeque<Recorded>,
}

impl Synthetic {
    /// A log of that shape, from its beginning.
    pub fn new(shape: Shape) -> Synthetic {
        Synthetic {
            random: StdRng::seed_from_u64(shape.seed),
            shape,
            crowd: Crowd::default(),
            facts: Facts::default(),
            position: Position::START,
            ready: std::collections::VecDeque::new(),
        }
    }

    /// The facts that all events so far make, also of those that are decided and not given out yet.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Another of its intents, on the facts as they are; for a log that somebody else writes. What comes of it must be
    /// told by [`Synthetic::learn`].
    pub fn intent(&mut self) -> Intent {
        intents::choose(&mut self.random, &self.shape, &self.crowd, &self.facts)
    }

    /// Folds in what somebody else has made of an intent.
    ///
    /// # Panics
    /// Where the event is impossible after the others.
    pub fn learn(&mut self, position: Position, event: &Event) {
        let version = self.facts.version(event.stream().id()) + 1;
        self.facts
            .apply(position, version, event)
            .expect("an event that was decided on these facts is possible");
        self.crowd.learn(&self.facts, event);
        self.position = position;
    }

    /// What the fleet does where there are more people than seats; for a log that somebody else writes.
    pub fn another_instance(&mut self) -> [Intent; 3] {
        let instance = InstanceId(self.fresh());
        intents::new_instance(instance, &mut self.random)
    }

    fn happen(&mut self) {
        let intent = self.intent();
        let fresh = self.fresh();
        match decide(&self.facts, &intent, fresh) {
            Decision::Happened(events) => self.record(&intent, events),
            Decision::Refused(_, trace) => self.record(&intent, trace.into_iter().collect()),
            // More people than seats: what the fleet would do.
            Decision::Rejected(Rejection::NoFreeSeat) => self.grow(),
            Decision::Rejected(_) => {}
        }
    }

    fn grow(&mut self) {
        let fresh = self.fresh();
        for intent in self.another_instance() {
            if let Decision::Happened(events) = decide(&self.facts, &intent, fresh) {
                self.record(&intent, events);
            }
        }
    }

    fn record(&mut self, intent: &Intent, events: Vec<Event>) {
        let command = CommandId(self.fresh());
        for (ordinal, event) in (0..).zip(events) {
            let gap = if self.shape.gaps && self.random.random_ratio(1, 10) {
                self.random.random_range(1..4)
            } else {
                0
            };
            let position = Position(self.position.0 + 1 + gap);
            self.learn(position, &event);
            let recorded = Recorded {
                position,
                id: EventId(self.fresh()),
                version: self.facts.version(event.stream().id()),
                command,
                ordinal,
                actor: intent.account(),
                at: at(position),
                event,
            };
            self.ready.push_back(recorded);
        }
    }

    /// A UUIDv7 of the time at which the next event happens.
    fn fresh(&mut self) -> Uuid {
        let milliseconds = at(self.position).timestamp_millis().unsigned_abs();
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &self.random.random()).into_uuid()
    }
}

impl Iterator for Synthetic {
    type Item = Recorded;

    /// Never ends.
    fn next(&mut self) -> Option<Recorded> {
        while self.ready.is_empty() {
            self.happen();
        }
        self.ready.pop_front()
    }
}

/// Ten events a second since some morning.
fn at(position: Position) -> DateTime<Utc> {
    const MORNING: i64 = 1_700_000_000;
    DateTime::UNIX_EPOCH + TimeDelta::seconds(MORNING) + TimeDelta::milliseconds(position.0 * 100)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use tenfold_core::event::KINDS;

    #[test]
    fn the_seed_decides_everything() {
        let log = |seed| Synthetic::new(Shape::dense(seed)).take(500).collect::<Vec<_>>();
        assert_eq!(log(1), log(1));
        assert_ne!(log(1), log(2));
    }

    #[test]
    fn every_kind_of_event_happens_in_order_and_with_versions_without_gaps() {
        let log: Vec<Recorded> = Synthetic::new(Shape::dense(7)).take(5000).collect();
        let kinds: BTreeSet<&str> = log.iter().map(|recorded| recorded.event.kind()).collect();
        // Nobody serves a made log. What came later is left out as well: made logs stay what they were, for they are measured against each other.
        let left_out = [
            "LoginServerStarted",
            "PasswordChanged",
            "Unfriended",
            "Blocked",
            "Unblocked",
            "GroupLeft",
        ];
        let made = |kind: &&str| !left_out.contains(kind);
        assert_eq!(kinds, KINDS.into_iter().filter(made).collect());
        let mut facts = Facts::default();
        let mut before = Position::START;
        for recorded in log {
            let Recorded {
                position,
                version,
                event,
                ..
            } = recorded;
            assert!(position > before);
            assert_eq!(version, facts.version(event.stream().id()) + 1);
            facts.apply(position, version, &event).unwrap();
            before = position;
        }
    }
}
