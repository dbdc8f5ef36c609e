//! A log out of a script: what people type, and when, decided and folded as the service does it. The same script makes
//! the same log, down to the last id; so that a story can be told in a document, and a fault be tried out by hand.
//!
//! ```text
//! # A comment.
//! day 2026-11-24
//! crowd 8000 events from 06:00 to 22:00
//! 09:00:00 register alice
//! 09:00:05 login alice
//! 09:01:00 post alice hello, everybody
//! ```
//!
//! Times are UTC. Commands are those of the client, `register` and `login` without a password; `expire NAME` ends a session
//! as time does. A crowd is other people, who have nothing to do with those in the script.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tenfold_core::decide::{Decision, Rejection, decide};
use tenfold_core::event::{Event, Recorded};
use tenfold_core::facts::Facts;
use tenfold_core::ids::{CommandId, EventId, InstanceId, Position};
use tenfold_core::intent::{InstanceStep, Intent};
use uuid::Uuid;

use super::shape::Shape;
use super::synthetic::Synthetic;
use super::typed;
use tenfold_core::escape::escaped;
use tenfold_log::sealing::erased;

const SEED: u64 = 7;
const SEATS: u16 = 10;
/// The most events a crowd may make.
const LARGEST_CROWD: usize = 10_000_000;

/// Why a script cannot be played, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the script cannot be played: {what}")]
pub struct RehearsalError {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    what: String,
}

/// Plays a script: the log that it makes, in order.
///
/// # Errors
/// Where a line is not understood, goes back in time, or cannot be done by whom it names.
pub fn rehearse(script: &str) -> Result<Vec<Recorded>, RehearsalError> {
    let mut stage = Stage::new();
    for (line, text) in (1..).zip(script.lines()) {
        stage.play(text.trim()).map_err(|what| RehearsalError { line, what })?;
    }
    Ok(together(stage.crowd, stage.played))
}

/// Makes of a log that was just played what a real one would be by now: whoever deleted their account is erased from it.
pub fn erase_deleted(log: &mut [Recorded]) {
    let deleted = log
        .iter()
        .filter(|recorded| matches!(recorded.event, Event::AccountDeleted { .. }));
    let deleted: HashSet<Uuid> = deleted.map(|recorded| recorded.event.stream().id()).collect();
    for recorded in log {
        let stream = recorded.event.stream().id();
        if deleted.contains(&stream) {
            recorded.event.put_personal(&erased(stream));
        }
    }
}

/// Two logs that have nothing to do with each other, as one, in the order of their times.
fn together(crowd: Vec<Recorded>, played: Vec<Recorded>) -> Vec<Recorded> {
    let mut all = crowd;
    all.extend(played);
    all.sort_by_key(|recorded| recorded.at);
    for (position, recorded) in (1..).zip(&mut all) {
        recorded.position = Position(position);
    }
    all
}

struct Stage {
    random: StdRng,
    day: Option<NaiveDate>,
    now: DateTime<Utc>,
    facts: Facts,
    played: Vec<Recorded>,
    crowd: Vec<Recorded>,
}

impl Stage {
    fn new() -> Stage {
        Stage {
            random: StdRng::seed_from_u64(SEED),
            day: None,
            now: DateTime::UNIX_EPOCH,
            facts: Facts::default(),
            played: Vec::new(),
            crowd: Vec::new(),
        }
    }

    fn play(&mut self, text: &str) -> Result<(), String> {
        if text.is_empty() || text.starts_with('#') {
            return Ok(());
        }
        let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
        match first {
            "day" => {
                let day = NaiveDate::parse_from_str(rest.trim(), "%Y-%m-%d");
                self.day = Some(day.map_err(|_| "a day is written 2026-11-24".to_owned())?);
                Ok(())
            }
            "crowd" => self.bring_crowd(rest),
            clock => {
                let now = self.time(clock)?;
                if now < self.now {
                    return Err("it goes back in time".into());
                }
                self.now = now;
                self.command(rest.trim())
            }
        }
    }

    fn time(&self, clock: &str) -> Result<DateTime<Utc>, String> {
        let day = self.day.ok_or("a line `day 2026-11-24` must come first")?;
        let time = ["%H:%M:%S%.f", "%H:%M"]
            .iter()
            .find_map(|format| NaiveTime::parse_from_str(clock, format).ok());
        let time = time.ok_or_else(|| format!("{} is no time; write 18:30:00", escaped(clock)))?;
        Ok(day.and_time(time).and_utc())
    }

    /// `8000 events from 06:00 to 22:00`
    fn bring_crowd(&mut self, words: &str) -> Result<(), String> {
        let words: Vec<&str> = words.split_whitespace().collect();
        let [count, "events", "from", from, "to", to] = words.as_slice() else {
            return Err("a crowd is written `crowd 8000 events from 06:00 to 22:00`".into());
        };
        let count = count.parse().ok().filter(|count| (1..=LARGEST_CROWD).contains(count));
        let count: usize = count.ok_or_else(|| format!("a crowd makes 1 to {LARGEST_CROWD} events"))?;
        let (from, to) = (self.time(from)?, self.time(to)?);
        let step = (to - from).num_microseconds().unwrap_or(0) / count as i64;
        if step < 1 {
            return Err("a crowd's time goes forward, and takes longer than a microsecond an event".into());
        }
        let log = Synthetic::new(Shape::everyday(SEED)).take(count);
        self.crowd.extend((0..).zip(log).map(|(index, recorded)| Recorded {
            at: from + TimeDelta::microseconds(step * index),
            ..recorded
        }));
        Ok(())
    }

    fn command(&mut self, line: &str) -> Result<(), String> {
        let fresh = self.fresh();
        // Looking leaves no trace.
        typed::intent(&self.facts, line, fresh)?.map_or(Ok(()), |intent| self.decide(&intent))
    }

    fn decide(&mut self, intent: &Intent) -> Result<(), String> {
        let fresh = self.fresh();
        match decide(&self.facts, intent, fresh) {
            Decision::Happened(events) => self.record(intent, events),
            Decision::Refused(refusal, trace) => match trace {
                Some(trace) => self.record(intent, vec![trace]),
                None => return Err(format!("it is refused ({:?}) and leaves no trace", refusal.code)),
            },
            Decision::Rejected(Rejection::NoFreeSeat) => {
                self.start_server()?;
                return self.decide(intent);
            }
            Decision::Rejected(rejection) => return Err(typed::rejection(rejection).to_owned()),
        }
        Ok(())
    }

    fn start_server(&mut self) -> Result<(), String> {
        let instance = InstanceId(self.fresh());
        let ready = InstanceStep::Ready(None, 9001);
        self.decide(&Intent::RequestInstance {
            instance,
            seats: SEATS,
            reason: String::new(),
        })?;
        self.decide(&Intent::Instance(
            instance,
            InstanceStep::Launched("process 4242".into()),
        ))?;
        self.decide(&Intent::Instance(instance, ready))
    }

    fn record(&mut self, intent: &Intent, events: Vec<Event>) {
        let command = CommandId(self.fresh());
        for (ordinal, event) in (0..).zip(events) {
            let position = Position(self.played.len() as i64 + 1);
            let version = self.facts.version(event.stream().id()) + 1;
            self.facts
                .apply(position, version, &event)
                .expect("an event that was decided on these facts is possible");
            let recorded = Recorded {
                position,
                id: EventId(self.fresh()),
                version,
                command,
                ordinal,
                actor: intent.account(),
                at: self.now,
                event,
            };
            self.played.push(recorded);
        }
    }

    fn fresh(&mut self) -> Uuid {
        let milliseconds = self.now.timestamp_millis().unsigned_abs();
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &self.random.random()).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "# two people\nday 2026-11-24\ncrowd 500 events from 06:00 to 22:00\n09:00 register alice\n\
                          09:00:01 register bob\n09:01 login alice\n09:01 login bob\n09:02 invite alice bob\n\
                          09:03 accept-invite bob alice\n09:04 post alice hello\n09:04 receive-post bob\n\
                          09:05 send bob carol hi\n09:06 delete alice";

    #[test]
    fn a_script_makes_the_same_log_every_time_and_nothing_in_it_is_impossible() {
        let log = rehearse(SCRIPT).unwrap();
        assert_eq!(log, rehearse(SCRIPT).unwrap());
        let mut facts = Facts::default();
        let mut before = DateTime::UNIX_EPOCH;
        for (position, recorded) in (1..).zip(&log) {
            assert_eq!(recorded.position, Position(position));
            assert_eq!(recorded.version, facts.version(recorded.event.stream().id()) + 1);
            assert!(recorded.at >= before);
            before = recorded.at;
            facts
                .apply(recorded.position, recorded.version, &recorded.event)
                .unwrap();
        }
        let kinds: Vec<&str> = log.iter().map(|recorded| recorded.event.kind()).collect();
        for kind in ["InviteAccepted", "CommandRefused", "AccountDeleted"] {
            assert!(kinds.contains(&kind), "{kind}");
        }
        assert!(facts.account_named("alice").is_none() && facts.account_named("bob").is_some());
    }

    #[test]
    fn a_line_that_cannot_be_played_is_named() {
        for (script, line, part) in [
            ("09:00 register alice", 1, "day"),
            ("day tomorrow", 1, "2026-11-24"),
            ("day 2026-11-24\nnoon register a", 2, "no time"),
            ("day 2026-11-24\n09:00 register a\n08:00 login a", 3, "back in time"),
            ("day 2026-11-24\n09:00 login a", 2, "nobody is called a"),
            ("day 2026-11-24\n09:00 register a\n09:01 post a hi", 3, "not logged in"),
            ("day 2026-11-24\n09:00 register a\n09:01 register a", 3, "refused"),
            ("day 2026-11-24\n09:00 sing a", 2, "no command sing"),
            ("day 2026-11-24\ncrowd of people", 2, "crowd is written"),
            ("day 2026-11-24\ncrowd 5 events from 09:00 to 08:00", 2, "forward"),
        ] {
            let error = rehearse(script).unwrap_err();
            assert_eq!(error.line, line, "{script}: {error}");
            assert!(error.to_string().contains(part), "{script}: {error}");
        }
    }
}
