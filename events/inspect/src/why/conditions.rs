//! Each thing that it takes, followed through the events by which it can begin or end.

use serde::Serialize;
use tenfold_core::facts::Facts;
use tenfold_core::ids::Position;
use uuid::Uuid;

use crate::explain::{EventLine, lines};
use crate::names::Names;
use crate::preconditions::{Found, Precondition, Requirement};
use crate::raw_event::RawEvent;

/// One thing that it takes.
#[derive(Debug, Serialize)]
pub struct Condition {
    /// What must be so.
    pub requirement: String,
    /// Whether it was.
    pub held: bool,
    /// The event that made it so last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<EventLine>,
    /// The event that ended it, where it is not so and once was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<EventLine>,
    /// What came nearest to it, where it never was so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<EventLine>,
    /// The event that made it so only afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub later: Option<EventLine>,
}

/// All of it, as of a position.
pub(super) struct Conditions<'a>(Vec<Followed<'a>>);

/// One of it, with the events that it rests on.
struct Followed<'a> {
    precondition: Precondition,
    since: Option<&'a RawEvent>,
    ended: Option<&'a RawEvent>,
    nearest: Option<&'a RawEvent>,
    later: Option<&'a RawEvent>,
}

impl<'a> Conditions<'a> {
    /// Folds `events`, which are in order, up to `at`, and looks behind it for what became so afterwards.
    pub(super) fn gather(
        events: &'a [RawEvent],
        at: Position,
        required: impl Fn(&Facts) -> Vec<Precondition>,
    ) -> Conditions<'a> {
        let mut facts = Facts::default();
        let mut followed: Vec<Followed<'_>> = required(&facts).into_iter().map(Followed::begun).collect();
        for event in events {
            let Ok(recorded) = event.decode() else { continue };
            // What another account or group of the same streams did cannot be impossible: no server is among these.
            facts.apply(recorded.position, recorded.version, &recorded.event).ok();
            for (one, now) in followed.iter_mut().zip(required(&facts)) {
                one.follow(event, now, at);
            }
        }
        Conditions(followed)
    }

    /// Every event that is told of.
    pub(super) fn events(&self) -> Vec<RawEvent> {
        let each = self
            .0
            .iter()
            .flat_map(|one| [one.since, one.ended, one.nearest, one.later]);
        each.flatten().cloned().collect()
    }

    /// For whoever asked.
    pub(super) fn told(&self, names: &Names) -> Vec<Condition> {
        let line = |event: Option<&RawEvent>| lines(std::slice::from_ref(event?), names).pop();
        let told = self.0.iter().map(|one| Condition {
            requirement: one.precondition.requirement.text(names),
            held: one.precondition.found != Found::Missing,
            since: line(one.since),
            ended: line(one.ended),
            nearest: line(one.nearest),
            later: line(one.later),
        });
        told.collect()
    }
}

impl<'a> Followed<'a> {
    fn begun(precondition: Precondition) -> Followed<'a> {
        Followed {
            precondition,
            since: None,
            ended: None,
            nearest: None,
            later: None,
        }
    }

    fn follow(&mut self, event: &'a RawEvent, now: Precondition, at: Position) {
        let (held, holds) = (self.precondition.found != Found::Missing, now.found != Found::Missing);
        if event.position > at {
            // What it was at that moment stays; only the first time that it came to be so afterwards is of interest.
            if !held && holds && self.later.is_none() {
                self.later = Some(event);
            }
            return;
        }
        if now.found != self.precondition.found && holds {
            (self.since, self.ended, self.nearest) = (Some(event), None, None);
        }
        if held && !holds {
            (self.since, self.ended) = (None, Some(event));
        }
        if !holds && self.ended.is_none() && self.comes_near(event) {
            self.nearest = Some(event);
        }
        self.precondition = now;
    }

    fn comes_near(&self, event: &RawEvent) -> bool {
        match self.precondition.requirement {
            Requirement::Friends(one, other) => is_between(event, [one.0, other.0]),
            _ => false,
        }
    }
}

/// Whether an event is one of those between two people by which they nearly become friends.
fn is_between(event: &RawEvent, people: [Uuid; 2]) -> bool {
    let ids = event.ids();
    event.kind.starts_with("Invite") && people.iter().all(|id| ids.contains(id))
}
