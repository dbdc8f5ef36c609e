//! Which events are wanted. What has an index is found along it; the rest is told apart as it is read.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use tenfold_core::ids::Position;
use tenfold_log::database::Client;
use uuid::Uuid;

use crate::raw_event::RawEvent;
use crate::reader::{self, read_kinds};
use tenfold_log::database::DatabaseError;
use tenfold_log::span::Span;

/// What an event must be, in every respect that is given.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of each of these groups of ids one must stand in it: as its stream, its recipient or what it is about.
    pub about: Vec<Vec<Uuid>>,
    /// Its stream.
    pub stream: Option<Uuid>,
    /// Who did it, one of these.
    pub actors: Option<Vec<Uuid>>,
    /// What happened, one of these.
    pub kinds: Option<Vec<String>>,
    /// The command that caused it.
    pub command: Option<Uuid>,
    /// What stands in one of its texts, names or reasons, in small letters or large ones.
    pub text: Option<String>,
}

impl Filter {
    /// Whether that is one of those.
    pub(super) fn takes(&self, event: &RawEvent) -> bool {
        let ids = event.ids();
        let stands = |one_of: &Vec<Uuid>| one_of.iter().any(|id| ids.contains(id));
        let acted = |actors: &Vec<Uuid>| event.actor.is_some_and(|actor| actors.contains(&actor));
        self.about.iter().all(stands)
            && self.stream.is_none_or(|stream| stream == event.stream)
            && self.actors.as_ref().is_none_or(acted)
            && self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&event.kind))
            && self.command.is_none_or(|command| command == event.command)
            && self.text.as_ref().is_none_or(|text| says(event, text))
    }

    /// Where the events that may be wanted are, along an index; `None` where the log must be read for them.
    pub(crate) async fn candidates(
        &self,
        client: &Client,
        span: Span,
    ) -> Result<Option<BTreeSet<Position>>, DatabaseError> {
        let mut groups: Vec<Vec<Uuid>> = self.about.clone();
        groups.extend(self.stream.map(|stream| vec![stream]));
        // Whatever an account does stands in its own stream.
        groups.extend(self.actors.clone());
        let mut found: Option<BTreeSet<Position>> = None;
        let mut narrow = |positions: BTreeSet<Position>| {
            found = Some(match found.take() {
                Some(others) => others.intersection(&positions).copied().collect(),
                None => positions,
            });
        };
        if let Some(command) = self.command {
            let events = reader::of_command(client, command).await?;
            let positions = events.iter().map(|event| event.position);
            narrow(positions.filter(|position| span.contains(*position)).collect());
        }
        for ids in groups {
            narrow(reader::positions(client, &ids, span).await?);
        }
        Ok(found)
    }
}

/// Whether this stands in one of its fields that is no id.
fn says(event: &RawEvent, text: &str) -> bool {
    let wanted = text.to_lowercase();
    let parts = [Some(&event.data), event.personal.as_ref()].into_iter().flatten();
    parts
        .filter_map(|part| serde_json::from_str::<Map<String, Value>>(part.get()).ok())
        .flat_map(|fields| fields.into_iter().map(|(_, value)| value))
        .filter_map(|value| value.as_str().map(str::to_owned))
        .any(|value| value.parse::<Uuid>().is_err() && value.to_lowercase().contains(&wanted))
}

/// Reads the events that a filter lets through, a bounded number at a time.
#[derive(Debug)]
pub struct Reading {
    filter: Filter,
    span: Span,
    /// Where the rest of the candidates are, in order; `None` where everything is read.
    candidates: Option<Vec<Position>>,
}

impl Reading {
    /// Begins to read what of `span` the filter lets through.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn begin(client: &Client, filter: Filter, span: Span) -> Result<Reading, DatabaseError> {
        let candidates = filter.candidates(client, span).await?;
        Ok(Reading {
            filter,
            span,
            candidates: candidates.map(|positions| positions.into_iter().collect()),
        })
    }

    /// Goes on with what has come behind the end up to `until`: little, so that it is read as it comes.
    pub fn go_on(&mut self, until: Position) {
        self.span = Span {
            after: self.span.after.max(self.span.until),
            until,
        };
        self.candidates = None;
    }

    /// Up to where has been read, where nothing could be found along an index.
    pub fn reached(&self) -> Position {
        self.span.after
    }

    /// The next events, in order; `None` where there are no more.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn next(&mut self, client: &Client) -> Result<Option<Vec<RawEvent>>, DatabaseError> {
        let mut events = match &mut self.candidates {
            Some(candidates) if candidates.is_empty() => return Ok(None),
            Some(candidates) => {
                // They are taken away only when they have been read: whoever lost the connection asks again.
                let chunk = candidates.len().min(reader::AT_ONCE);
                let events = reader::read_at(client, &candidates[..chunk]).await?;
                candidates.drain(..chunk);
                events
            }
            None => {
                let Span { after, until } = self.span;
                let events = read_kinds(client, after, until, self.filter.kinds.as_deref()).await?;
                let Some(last) = events.last() else { return Ok(None) };
                self.span.after = last.position;
                events
            }
        };
        events.retain(|event| self.filter.takes(event));
        Ok(Some(events))
    }
}
