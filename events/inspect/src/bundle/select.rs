//! Which events concern a question: those that speak of its people and groups, and the events that made their preconditions
//! hold, back to the beginning; of every row among these also its end, so that the events tell the same of them as the whole log does.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tenfold_core::event::{Event, Recorded};
use tenfold_core::facts::{Change, Facts, Key, Row};
use tenfold_core::ids::{AccountId, GroupId, Position};
use tenfold_log::database::Client;
use uuid::Uuid;

use crate::event_kinds::preconditions;
use crate::past::{self, PastError};
use crate::preconditions::Requirement;
use crate::raw_event::{RawEvent, UnreadableError};
use crate::reader::{self, Role};
use tenfold_log::database::DatabaseError;
use tenfold_log::span::Span;

/// How many positions on either side are looked at for what happened around an event.
const AROUND: i64 = 200;

/// What a question is about.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Accounts, groups and application servers: all that speaks of them.
    pub subjects: Vec<Subject>,
    /// An event: its command, and what else happened to those whom it speaks of shortly before and after.
    pub around: Option<Position>,
    /// Whether everything in the span is wanted, whoever it is about.
    pub everything: bool,
}

/// One thing that a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject(pub Uuid);

/// Why nothing was selected.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// The log could not be read.
    #[error(transparent)]
    Past(#[from] PastError),
}

impl From<DatabaseError> for SelectError {
    fn from(error: DatabaseError) -> Self {
        Self::Past(error.into())
    }
}

/// The events, in order, and those that cannot be read and are left out.
///
/// # Errors
/// Where the log cannot be read.
pub async fn select(
    client: &Client,
    wanted: &Wanted,
    span: Span,
) -> Result<(Vec<Recorded>, Vec<UnreadableError>), SelectError> {
    let mut selection = Selection::new(client, span.until);
    let positions = selection.asked_for(wanted, span).await?;
    selection.add_at(&positions.into_iter().collect::<Vec<_>>()).await?;
    selection.close().await?;
    let unreadable = selection.unreadable.into_values().collect();
    Ok((selection.chosen.into_values().collect(), unreadable))
}

/// All events of a stream, and what they do to rows.
#[derive(Default)]
struct Stream {
    events: Vec<Recorded>,
    /// The rows that each event makes, or puts into another state.
    made: HashMap<Position, Vec<Row>>,
    /// Where a row is made, put into another state, or removed; ascending.
    touched: HashMap<Key, Vec<Position>>,
    /// Where all rows of somebody are removed; ascending.
    cleared: Vec<(Position, Change)>,
}

impl Stream {
    fn of(events: Vec<Recorded>) -> Stream {
        let (mut stream, mut facts) = (Stream::default(), Facts::default());
        for recorded in &events {
            let position = recorded.position;
            // What is impossible in this log is told by whoever replays it.
            let changes = facts.apply(position, recorded.version, &recorded.event);
            for change in changes.unwrap_or_default() {
                match change {
                    Change::Put(row) => {
                        stream.touched.entry(row.key()).or_default().push(position);
                        stream.made.entry(position).or_default().push(row);
                    }
                    Change::Remove(key) => stream.touched.entry(key).or_default().push(position),
                    Change::RemoveAllOf(..) => stream.cleared.push((position, change)),
                }
            }
        }
        Stream { events, ..stream }
    }

    /// The first event behind `after` that removes the row or puts it into another state.
    fn end_of(&self, row: &Row, after: Position) -> Option<Position> {
        let touched = self.touched.get(&row.key()).map_or(&[][..], Vec::as_slice);
        let touched = touched
            .get(touched.partition_point(|position| *position <= after))
            .copied();
        let mut only = Facts::default();
        only.absorb(Change::Put(row.clone()));
        let mut later = self.cleared.iter().filter(|(position, _)| *position > after);
        let cleared = later.find(|(_, change)| !only.removed_by(change).is_empty());
        touched.into_iter().chain(cleared.map(|(position, _)| *position)).min()
    }
}

struct Selection<'a> {
    client: &'a Client,
    until: Position,
    /// Whole streams that have been read, up to `until`.
    streams: HashMap<Uuid, Stream>,
    chosen: BTreeMap<Position, Recorded>,
    /// Chosen, and their preconditions not yet looked at.
    open: Vec<Recorded>,
    unreadable: BTreeMap<Position, UnreadableError>,
}

impl<'a> Selection<'a> {
    fn new(client: &'a Client, until: Position) -> Selection<'a> {
        Selection {
            client,
            until,
            streams: HashMap::new(),
            chosen: BTreeMap::new(),
            open: Vec::new(),
            unreadable: BTreeMap::new(),
        }
    }

    async fn asked_for(&mut self, wanted: &Wanted, span: Span) -> Result<BTreeSet<Position>, SelectError> {
        let ids: Vec<Uuid> = wanted.subjects.iter().map(|subject| subject.0).collect();
        let whole = Span::up_to(span.until);
        let mut positions = reader::positions(self.client, &ids, whole).await?;
        // What was before the span matters as far as it made what was there when it began.
        let before: Vec<Position> = positions.range(..=span.after).copied().collect();
        for event in reader::read_at(self.client, &before).await? {
            if event.decode().is_ok_and(|recorded| leaves_no_row(&recorded)) {
                positions.remove(&event.position);
            }
        }
        if let Some(around) = wanted.around {
            positions.extend(self.around(around).await?);
        }
        if wanted.everything {
            let select = "select position from event where position > $1 and position <= $2";
            let rows = self.client.query(select, &[&span.after.0, &span.until.0]).await;
            let rows = rows.map_err(DatabaseError::from)?;
            positions.extend(rows.iter().map(|row| Position(row.get(0))));
        }
        Ok(positions)
    }

    async fn around(&mut self, position: Position) -> Result<BTreeSet<Position>, SelectError> {
        let event = past::event_at(self.client, position).await?;
        let near = Span {
            after: Position(position.0 - AROUND),
            until: Position(position.0 + AROUND),
        };
        let mut positions = reader::positions(self.client, &event.ids(), near).await?;
        positions.insert(position);
        let command = reader::of_command(self.client, event.command).await?;
        positions.extend(command.iter().map(|event| event.position));
        self.until = self.until.max(near.until);
        Ok(positions)
    }

    async fn add_at(&mut self, positions: &[Position]) -> Result<(), SelectError> {
        for event in reader::read_at(self.client, positions).await? {
            self.add_raw(&event);
        }
        Ok(())
    }

    fn add_raw(&mut self, event: &RawEvent) {
        if let Some(recorded) = self.read(event) {
            self.add(recorded);
        }
    }

    /// What it says; nothing, and a note of it, where it cannot be read.
    fn read(&mut self, event: &RawEvent) -> Option<Recorded> {
        let unreadable = event.decode();
        unreadable
            .map_err(|error| self.unreadable.insert(event.position, error))
            .ok()
    }

    fn add(&mut self, recorded: Recorded) {
        if recorded.position <= self.until && !self.chosen.contains_key(&recorded.position) {
            self.chosen.insert(recorded.position, recorded.clone());
            self.open.push(recorded);
        }
    }

    /// Adds the events that made the preconditions of the chosen ones hold, until they can be replayed by themselves.
    async fn close(&mut self) -> Result<(), SelectError> {
        let nothing = Facts::default();
        while let Some(recorded) = self.open.pop() {
            for precondition in preconditions(&nothing, &recorded.event) {
                self.add_cause(&precondition.requirement, recorded.position).await?;
            }
            self.add_ends(&recorded).await?;
        }
        Ok(())
    }

    async fn add_cause(&mut self, requirement: &Requirement, before: Position) -> Result<(), SelectError> {
        match *requirement {
            Requirement::AccountLives(account) => {
                self.add_last(account.0, before, |event| {
                    matches!(event, Event::AccountRegistered { .. })
                })
                .await
            }
            Requirement::SessionLives(account) => {
                self.add_last(account.0, before, |event| matches!(event, Event::SessionStarted { .. }))
                    .await
            }
            Requirement::SitsOn(account, _) => {
                self.add_last(account.0, before, |event| matches!(event, Event::SeatTaken { .. }))
                    .await
            }
            Requirement::ServerIs(instance, _) => {
                let events = self.stream(instance.0).await?.events.clone();
                events.into_iter().for_each(|recorded| self.add(recorded));
                Ok(())
            }
            Requirement::Invited { from, to } => {
                self.add_last(from.0, before, |event| is_between(event, from, to)).await
            }
            Requirement::Friends(one, other) => {
                // Whichever of the two accepted; the invite follows from that.
                for account in [one, other] {
                    let accepted =
                        |event: &Event| matches!(event, Event::InviteAccepted { .. }) && is_between(event, one, other);
                    self.add_last(account.0, before, accepted).await?;
                }
                Ok(())
            }
            Requirement::GroupExists(group) => self.add_group(group).await,
            Requirement::IsMember(account, group) => {
                self.add_last(account.0, before, |event| makes_member(event, group))
                    .await?;
                self.add_group(group).await
            }
            // What must not be there has no event that made it.
            Requirement::NameIsFree(_)
            | Requirement::HasNoSession(_)
            | Requirement::SeatIsFree(..)
            | Requirement::HasNoSeat(_)
            | Requirement::NothingBetween(..)
            | Requirement::GroupNameIsFree(_)
            | Requirement::IsNoMember(..) => Ok(()),
        }
    }

    /// The events that remove the rows that an event made, or put them into another state. They are in the streams of those whom
    /// the event speaks of.
    async fn add_ends(&mut self, recorded: &Recorded) -> Result<(), SelectError> {
        let own = self.stream(recorded.event.stream().id()).await?;
        let made = own.made.get(&recorded.position).cloned().unwrap_or_default();
        if made.is_empty() {
            return Ok(());
        }
        for id in RawEvent::from(recorded).ids() {
            let stream = self.stream(id).await?;
            let ends: Vec<Position> = made
                .iter()
                .filter_map(|row| stream.end_of(row, recorded.position))
                .collect();
            let events = stream.events.iter().filter(|event| ends.contains(&event.position));
            let events: Vec<Recorded> = events.cloned().collect();
            events.into_iter().for_each(|event| self.add(event));
        }
        Ok(())
    }

    async fn add_group(&mut self, group: GroupId) -> Result<(), SelectError> {
        let span = Span::up_to(self.until);
        let positions = reader::positions_in_role(self.client, &[group.0], Role::About, span).await?;
        for event in reader::read_at(self.client, &positions).await? {
            if event.kind == "GroupCreated" {
                self.add_raw(&event);
            }
        }
        Ok(())
    }

    async fn add_last(
        &mut self,
        stream: Uuid,
        before: Position,
        is_it: impl Fn(&Event) -> bool,
    ) -> Result<(), SelectError> {
        let events = &self.stream(stream).await?.events;
        let earlier = events.iter().rev().filter(|recorded| recorded.position < before);
        let found = earlier.clone().find(|recorded| is_it(&recorded.event)).cloned();
        found.into_iter().for_each(|recorded| self.add(recorded));
        Ok(())
    }

    async fn stream(&mut self, stream: Uuid) -> Result<&Stream, SelectError> {
        if !self.streams.contains_key(&stream) {
            let span = Span::up_to(self.until);
            let mut positions = reader::positions_in_role(self.client, &[stream], Role::Stream, span).await?;
            positions.sort_unstable();
            let events = reader::read_at(self.client, &positions).await?;
            let events = events.iter().filter_map(|event| self.read(event)).collect();
            self.streams.insert(stream, Stream::of(events));
        }
        Ok(&self.streams[&stream])
    }
}

/// Messages, refusals and the like: of no consequence for what comes later.
fn leaves_no_row(recorded: &Recorded) -> bool {
    let changes = Facts::default().changes(recorded.position, &recorded.event);
    changes.is_ok_and(|changes| changes.is_empty())
}

fn is_between(event: &Event, one: AccountId, other: AccountId) -> bool {
    match *event {
        Event::InviteSent { from, to: with } | Event::InviteAccepted { by: with, from } => {
            (from, with) == (one, other) || (with, from) == (one, other)
        }
        _ => false,
    }
}

fn makes_member(event: &Event, wanted: GroupId) -> bool {
    match *event {
        Event::GroupCreated { group, .. } | Event::GroupJoined { group, .. } => group == wanted,
        _ => false,
    }
}
