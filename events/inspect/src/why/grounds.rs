//! Each thing that it takes, followed through the events by which it can begin or end.

use tenfold_core::facts::Facts;
use tenfold_core::ids::Position;

use super::{Ground, is_between};
use crate::explain::lines;
use crate::names::Names;
use crate::preconditions::{Found, Precondition, Requirement};
use crate::raw_event::RawEvent;

/// All of it, as of a position.
pub(super) struct Grounds<'a>(Vec<Followed<'a>>);

/// One of it, with the events that it rests on.
struct Followed<'a> {
    precondition: Precondition,
    since: Option<&'a RawEvent>,
    ended: Option<&'a RawEvent>,
    nearest: Option<&'a RawEvent>,
    later: Option<&'a RawEvent>,
}

impl<'a> Grounds<'a> {
    /// Folds `events`, which are in order, up to `at`, and looks behind it for what became so afterwards.
    pub(super) fn gather(
        events: &'a [RawEvent],
        at: Position,
        required: impl Fn(&Facts) -> Vec<Precondition>,
    ) -> Grounds<'a> {
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
        Grounds(followed)
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
    pub(super) fn told(&self, names: &Names) -> Vec<Ground> {
        let line = |event: Option<&RawEvent>| lines(std::slice::from_ref(event?), names).pop();
        let told = self.0.iter().map(|one| Ground {
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
