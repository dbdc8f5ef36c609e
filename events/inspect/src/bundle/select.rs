//! Which events concern a question: those that speak of its people and groups, and whatever those rest on, back to the
//! beginning; of every row among these also its end, so that the events tell the same of them as the whole log does.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tenfold_core::event::{Event, Recorded};
use tenfold_core::facts::Facts;
use tenfold_core::ids::{AccountId, GroupId, Position};
use tenfold_log::database::Client;
use uuid::Uuid;

use crate::concerning::{self, Standing};
use crate::past::PastError;
use crate::premises::{Ground, premises};
use crate::tail::Unreadable;
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
    /// An event of it could not be looked into.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

impl From<DatabaseError> for SelectError {
    fn from(error: DatabaseError) -> Self {
        Self::Past(error.into())
    }
}

/// The events, in order.
///
/// # Errors
/// Where the log cannot be read, or an event that is needed is of a newer build.
pub async fn select(client: &Client, wanted: &Wanted, span: Span) -> Result<Vec<Recorded>, SelectError> {
    let mut selection = Selection::new(client, span.until);
    let positions = selection.asked_for(wanted, span).await?;
    selection.add_at(&positions.into_iter().collect::<Vec<_>>()).await?;
    selection.close().await?;
    Ok(selection.chosen.into_values().collect())
}

struct Selection<'a> {
    client: &'a Client,
    until: Position,
    /// Whole streams that have been read, up to `until`.
    streams: HashMap<Uuid, Vec<Recorded>>,
    chosen: BTreeMap<Position, Recorded>,
    /// Chosen, and not yet asked what they rest on.
    open: Vec<Recorded>,
}

impl<'a> Selection<'a> {
    fn new(client: &'a Client, until: Position) -> Selection<'a> {
        Selection {
            client,
            until,
            streams: HashMap::new(),
            chosen: BTreeMap::new(),
            open: Vec::new(),
        }
    }

    async fn asked_for(&mut self, wanted: &Wanted, span: Span) -> Result<BTreeSet<Position>, SelectError> {
        let ids: Vec<Uuid> = wanted.subjects.iter().map(|subject| subject.0).collect();
        let whole = Span::up_to(span.until);
        let mut positions = concerning::positions(self.client, &ids, whole).await?;
        // What was before the span matters as far as it made what was there when it began.
        let before: Vec<Position> = positions.range(..=span.after).copied().collect();
        for event in concerning::read_at(self.client, &before).await? {
            if is_talk(&event.kind) {
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
        let found = concerning::read_at(self.client, &[position]).await?;
        let event = found.first().ok_or(PastError::Gap(position))?;
        let near = Span {
            after: Position(position.0 - AROUND),
            until: Position(position.0 + AROUND),
        };
        let mut positions = concerning::positions(self.client, &event.ids(), near).await?;
        positions.insert(position);
        let command = concerning::of_command(self.client, event.command).await?;
        positions.extend(command.iter().map(|event| event.position));
        self.until = self.until.max(near.until);
        Ok(positions)
    }

    async fn add_at(&mut self, positions: &[Position]) -> Result<(), SelectError> {
        for event in concerning::read_at(self.client, positions).await? {
            self.add(event.decode()?);
        }
        Ok(())
    }

    fn add(&mut self, recorded: Recorded) {
        if recorded.position <= self.until && !self.chosen.contains_key(&recorded.position) {
            self.chosen.insert(recorded.position, recorded.clone());
            self.open.push(recorded);
        }
    }

    /// Adds what the chosen events rest on, until they stand by themselves.
    async fn close(&mut self) -> Result<(), SelectError> {
        let nothing = Facts::default();
        while let Some(recorded) = self.open.pop() {
            for premise in premises(&nothing, &recorded.event) {
                self.add_ground(&premise.ground, recorded.position).await?;
            }
            self.add_end(&recorded).await?;
        }
        Ok(())
    }

    async fn add_ground(&mut self, ground: &Ground, before: Position) -> Result<(), SelectError> {
        match *ground {
            Ground::AccountLives(account) => {
                self.add_last(account.0, before, |event| {
                    matches!(event, Event::AccountRegistered { .. })
                })
                .await
            }
            Ground::SessionLives(account) => {
                self.add_last(account.0, before, |event| matches!(event, Event::SessionStarted { .. }))
                    .await
            }
            Ground::SitsOn(account, _) => {
                self.add_last(account.0, before, |event| matches!(event, Event::SeatTaken { .. }))
                    .await
            }
            Ground::ServerIs(instance, _) => {
                let events = self.stream(instance.0).await?.clone();
                events.into_iter().for_each(|recorded| self.add(recorded));
                Ok(())
            }
            Ground::Invited { from, to } => self.add_last(from.0, before, |event| is_between(event, from, to)).await,
            Ground::Friends(one, other) => {
                // Whichever of the two accepted; the invite follows from that.
                for account in [one, other] {
                    let accepted =
                        |event: &Event| matches!(event, Event::InviteAccepted { .. }) && is_between(event, one, other);
                    self.add_last(account.0, before, accepted).await?;
                }
                Ok(())
            }
            Ground::GroupExists(group) => self.add_group(group).await,
            Ground::IsMember(account, group) => {
                self.add_last(account.0, before, |event| makes_member(event, group))
                    .await?;
                self.add_group(group).await
            }
            _ => Ok(()),
        }
    }

    /// What ends, or changes, the rows that an event made.
    async fn add_end(&mut self, recorded: &Recorded) -> Result<(), SelectError> {
        let at = recorded.position;
        match recorded.event {
            Event::AccountRegistered { account, .. } => {
                self.add_next(account.0, at, |event| matches!(event, Event::AccountDeleted { .. }))
                    .await
            }
            Event::SessionStarted { session, account } => {
                let ends =
                    |event: &Event| matches!(event, Event::SessionEnded { session: ended, .. } if *ended == session);
                self.add_next(account.0, at, ends).await
            }
            Event::SeatTaken { session, account, .. } => {
                let ends =
                    |event: &Event| matches!(event, Event::SeatReleased { session: freed, .. } if *freed == session);
                self.add_next(account.0, at, ends).await
            }
            Event::InviteSent { from, to } => {
                let accepted =
                    |event: &Event| matches!(event, Event::InviteAccepted { .. }) && is_between(event, from, to);
                self.add_next(to.0, at, accepted).await
            }
            _ => Ok(()),
        }
    }

    async fn add_group(&mut self, group: GroupId) -> Result<(), SelectError> {
        let span = Span::up_to(self.until);
        let positions = concerning::positions_standing(self.client, &[group.0], Standing::About, span).await?;
        for event in concerning::read_at(self.client, &positions).await? {
            if event.kind == "GroupCreated" {
                self.add(event.decode()?);
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
        let events = self.stream(stream).await?;
        let earlier = events.iter().rev().filter(|recorded| recorded.position < before);
        let found = earlier.clone().find(|recorded| is_it(&recorded.event)).cloned();
        found.into_iter().for_each(|recorded| self.add(recorded));
        Ok(())
    }

    async fn add_next(
        &mut self,
        stream: Uuid,
        after: Position,
        is_it: impl Fn(&Event) -> bool,
    ) -> Result<(), SelectError> {
        let events = self.stream(stream).await?;
        let mut later = events.iter().filter(|recorded| recorded.position > after);
        let found = later.find(|recorded| is_it(&recorded.event)).cloned();
        found.into_iter().for_each(|recorded| self.add(recorded));
        Ok(())
    }

    async fn stream(&mut self, stream: Uuid) -> Result<&Vec<Recorded>, SelectError> {
        if !self.streams.contains_key(&stream) {
            let span = Span::up_to(self.until);
            let mut positions = concerning::positions_standing(self.client, &[stream], Standing::Stream, span).await?;
            positions.sort_unstable();
            let events = concerning::read_at(self.client, &positions).await?;
            let events: Result<Vec<Recorded>, Unreadable> = events.iter().map(|event| event.decode()).collect();
            self.streams.insert(stream, events?);
        }
        Ok(&self.streams[&stream])
    }
}

/// What leaves no row, or none but its own: of no consequence once it is over.
fn is_talk(kind: &str) -> bool {
    matches!(
        kind,
        "MessageSent" | "GroupMessageSent" | "CommandRefused" | "SessionResumed"
    )
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
