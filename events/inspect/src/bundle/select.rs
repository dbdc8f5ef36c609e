//! Which events concern a question: those that speak of its people and groups, what these people were shown, and the events that
//! made the preconditions of all these hold, back to the beginning; of every row among these also its end, so that the events
//! tell the same of them as the whole log does.
//!
//! What is kept in memory are positions: the events are read anew when they are written.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use tenfold_core::event::{Recorded, WITHOUT_ROWS};
use tenfold_core::ids::{AccountId, GroupId, Position};
use tenfold_log::database::Client;
use uuid::Uuid;

use super::streams::{Cause, Stream, lasting_kinds, made};
use crate::event_kinds::preconditions;
use crate::past::{self, PastError};
use crate::preconditions::Requirement;
use crate::raw_event::{RawEvent, UnreadableError};
use crate::reader;
use tenfold_core::facts::Facts;
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

/// Where the events are, and those that cannot be read and are left out.
///
/// # Errors
/// Where the log cannot be read.
pub async fn select(
    client: &Client,
    wanted: &Wanted,
    span: Span,
) -> Result<(BTreeSet<Position>, Vec<UnreadableError>), SelectError> {
    let mut selection = Selection::new(client, span.until);
    selection.ask_for(wanted, span).await?;
    selection.close().await?;
    let unreadable = selection.unreadable;
    let mut chosen = selection.chosen;
    chosen.retain(|position| !unreadable.contains_key(position));
    Ok((chosen, unreadable.into_values().collect()))
}

struct Selection<'a> {
    client: &'a Client,
    until: Position,
    /// Streams that have been read, up to `until`.
    streams: HashMap<Uuid, Stream>,
    chosen: BTreeSet<Position>,
    /// Chosen, and their preconditions not yet looked at.
    open: BTreeSet<Position>,
    /// Groups whose creation has been looked for.
    groups: HashSet<GroupId>,
    unreadable: BTreeMap<Position, UnreadableError>,
}

impl<'a> Selection<'a> {
    fn new(client: &'a Client, until: Position) -> Selection<'a> {
        Selection {
            client,
            until,
            streams: HashMap::new(),
            chosen: BTreeSet::new(),
            open: BTreeSet::new(),
            groups: HashSet::new(),
            unreadable: BTreeMap::new(),
        }
    }

    async fn ask_for(&mut self, wanted: &Wanted, span: Span) -> Result<(), SelectError> {
        if let Some(around) = wanted.around {
            self.add_around(around).await?;
        }
        let ids: Vec<Uuid> = wanted.subjects.iter().map(|subject| subject.0).collect();
        self.add_subjects(&ids, span).await?;
        self.read_streams(ids.iter().copied()).await?;
        for id in ids {
            self.add_posts_of_friends(AccountId(id), span).await?;
            self.add_messages_of_groups(AccountId(id), span).await?;
        }
        if wanted.everything {
            let everything = reader::all_positions(self.client, span).await?;
            everything.into_iter().for_each(|position| self.add(position));
        }
        Ok(())
    }

    /// All that speaks of them; of what was before the span, what made rows that were there when it began.
    async fn add_subjects(&mut self, ids: &[Uuid], span: Span) -> Result<(), SelectError> {
        let positions = reader::positions(self.client, ids, Span::up_to(span.until)).await?;
        let before: Vec<Position> = positions.range(..=span.after).copied().collect();
        let passed = reader::of_kinds_at(self.client, &before, &WITHOUT_ROWS).await?;
        let passed: HashSet<Position> = passed.into_iter().collect();
        let positions = positions.into_iter().filter(|position| !passed.contains(position));
        positions.for_each(|position| self.add(position));
        Ok(())
    }

    /// What `receive-post` shows, also of what was written before the friendship.
    async fn add_posts_of_friends(&mut self, account: AccountId, span: Span) -> Result<(), SelectError> {
        for (friend, until) in self.friends_of(account, span).await? {
            let posts = reader::posts_of(self.client, friend.0, until.min(self.until)).await?;
            posts.into_iter().for_each(|position| self.add(position));
        }
        Ok(())
    }

    /// Whoever was a friend in the span, and until when.
    async fn friends_of(&mut self, account: AccountId, span: Span) -> Result<Vec<(AccountId, Position)>, SelectError> {
        let kinds = ["InviteAccepted"];
        let positions = reader::positions(self.client, &[account.0], Span::up_to(span.until)).await?;
        let positions: Vec<Position> = positions.into_iter().collect();
        let accepted = reader::of_kinds_at(self.client, &positions, &kinds).await?;
        let mut friends = Vec::new();
        for event in reader::read_at(self.client, &accepted).await? {
            let Some(recorded) = self.decoded(&event) else { continue };
            self.read_streams(event.ids()).await?;
            let until = self.ends(&recorded).into_iter().min().unwrap_or(self.until);
            let ids = event.ids().into_iter().filter(|id| *id != account.0);
            friends.extend(ids.map(|id| (AccountId(id), until)).filter(|_| until > span.after));
        }
        Ok(friends)
    }

    /// What was written to a group while the account was in it.
    async fn add_messages_of_groups(&mut self, account: AccountId, span: Span) -> Result<(), SelectError> {
        let Some(stream) = self.streams.get(&account.0) else {
            return Ok(());
        };
        let joined = stream.all(|cause| matches!(cause, Cause::Member(_)));
        let positions: Vec<Position> = joined.iter().map(|(_, position)| *position).collect();
        for event in reader::read_at(self.client, &positions).await? {
            let Some(recorded) = self.decoded(&event) else { continue };
            let while_in = Span {
                after: recorded.position.max(span.after),
                until: self.ends(&recorded).into_iter().min().unwrap_or(self.until),
            };
            let group = joined.iter().find_map(|(cause, position)| match cause {
                Cause::Member(group) if *position == recorded.position => Some(group.0),
                _ => None,
            });
            let group: Vec<Uuid> = group.into_iter().collect();
            let sent = reader::positions_in_role(self.client, &group, reader::Role::Recipient, while_in).await?;
            sent.into_iter().for_each(|position| self.add(position));
        }
        Ok(())
    }

    async fn add_around(&mut self, position: Position) -> Result<(), SelectError> {
        let event = past::event_at(self.client, position).await?;
        let near = Span {
            after: Position(position.0 - AROUND),
            until: Position(position.0 + AROUND),
        };
        self.until = self.until.max(near.until);
        let positions = reader::positions(self.client, &event.ids(), near).await?;
        let command = reader::of_command(self.client, event.command).await?;
        let command = command.iter().map(|event| event.position);
        for position in positions.into_iter().chain([position]).chain(command) {
            self.add(position);
        }
        Ok(())
    }

    fn add(&mut self, position: Position) {
        if position <= self.until && self.chosen.insert(position) {
            self.open.insert(position);
        }
    }

    /// What it says; nothing, and a note of it, where it cannot be read.
    fn decoded(&mut self, event: &RawEvent) -> Option<Recorded> {
        let decoded = event.decode();
        decoded
            .map_err(|error| self.unreadable.insert(event.position, error))
            .ok()
    }

    /// Adds the events that made the preconditions of the chosen ones hold, until they can be replayed by themselves.
    async fn close(&mut self) -> Result<(), SelectError> {
        while !self.open.is_empty() {
            let chunk: Vec<Position> = self.open.iter().take(reader::AT_ONCE).copied().collect();
            for position in &chunk {
                self.open.remove(position);
            }
            let events = reader::read_at(self.client, &chunk).await?;
            self.read_streams(events.iter().flat_map(RawEvent::ids)).await?;
            for event in events {
                let Some(recorded) = self.decoded(&event) else { continue };
                for precondition in preconditions(&Facts::default(), &recorded.event) {
                    self.add_cause(&precondition.requirement, recorded.position).await?;
                }
                let ends = self.ends(&recorded);
                ends.into_iter().for_each(|position| self.add(position));
            }
        }
        Ok(())
    }

    async fn add_cause(&mut self, requirement: &Requirement, before: Position) -> Result<(), SelectError> {
        match *requirement {
            Requirement::AccountLives(account) => self.add_last(account, Cause::Account, before),
            Requirement::SessionLives(account) => self.add_last(account, Cause::Session, before),
            Requirement::SitsOn(account, _) => self.add_last(account, Cause::Seat, before),
            Requirement::ServerIs(instance, _) => {
                // A server's state hangs on all that was before it.
                let stream = self.streams.get_mut(&instance.0);
                let positions = stream.map(|stream| std::mem::take(&mut stream.positions));
                positions.into_iter().flatten().for_each(|position| self.add(position));
            }
            Requirement::Invited { from, to } => self.add_last(from, Cause::Between(to), before),
            Requirement::Friends(one, other) => {
                // Whichever of the two accepted; the invite follows from that.
                self.add_last(one, Cause::Friends(other), before);
                self.add_last(other, Cause::Friends(one), before);
            }
            Requirement::Blocks(one, other) => self.add_last(one, Cause::Block(other), before),
            Requirement::GroupExists(group) => self.add_group(group).await?,
            Requirement::IsMember(account, group) => {
                self.add_last(account, Cause::Member(group), before);
                self.add_group(group).await?;
            }
            // What must not be there has no event that made it.
            Requirement::NameIsFree(_)
            | Requirement::HasNoSession(_)
            | Requirement::SeatIsFree(..)
            | Requirement::HasNoSeat(_)
            | Requirement::NothingBetween(..)
            | Requirement::BlocksNot(..)
            | Requirement::GroupNameIsFree(_)
            | Requirement::IsNoMember(..) => {}
        }
        Ok(())
    }

    fn add_last(&mut self, account: AccountId, cause: Cause, before: Position) {
        let stream = self.streams.get(&account.0);
        let found = stream.and_then(|stream| stream.last(cause, before));
        found.into_iter().for_each(|position| self.add(position));
    }

    async fn add_group(&mut self, group: GroupId) -> Result<(), SelectError> {
        if self.groups.insert(group) {
            let created = reader::creation_of(self.client, group.0).await?;
            created.into_iter().for_each(|position| self.add(position));
        }
        Ok(())
    }

    /// Where the rows end that an event made, or are put into another state. That stands in the streams of those whom the event speaks
    /// of, which have been read.
    fn ends(&self, recorded: &Recorded) -> Vec<Position> {
        let ids = RawEvent::from(recorded).ids();
        let streams: Vec<&Stream> = ids.iter().filter_map(|id| self.streams.get(id)).collect();
        let ends = made(recorded).into_iter().filter_map(|row| {
            let ends = streams
                .iter()
                .filter_map(|stream| stream.end_of(&row, recorded.position));
            ends.min()
        });
        ends.collect()
    }

    /// Reads those of these streams that have not been read.
    async fn read_streams(&mut self, ids: impl IntoIterator<Item = Uuid>) -> Result<(), SelectError> {
        let missing: HashSet<Uuid> = ids.into_iter().filter(|id| !self.streams.contains_key(id)).collect();
        let missing: Vec<Uuid> = missing.into_iter().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let events = reader::of_streams(self.client, &missing, &lasting_kinds(), self.until).await?;
        self.streams
            .extend(missing.into_iter().map(|id| (id, Stream::default())));
        for event in events {
            // One that cannot be read is told where it is chosen.
            if let (Ok(recorded), Some(stream)) = (event.decode(), self.streams.get_mut(&event.stream)) {
                stream.take(&recorded);
            }
        }
        Ok(())
    }
}
