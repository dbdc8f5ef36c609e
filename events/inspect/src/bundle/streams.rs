//! What a stream's events did to rows: where each was made, put into another state, or removed. Without the events themselves, so that
//! a long log takes little memory.

use std::collections::HashMap;

use tenfold_core::event::{Event, KINDS, Recorded, WITHOUT_ROWS};
use tenfold_core::facts::{Change, Facts, Key, Row};
use tenfold_core::ids::{AccountId, GroupId, Position};

/// The kinds of events that can make a precondition of another hold, or end what another has made.
pub(super) fn lasting_kinds() -> Vec<&'static str> {
    // A post's row is its own alone.
    let lasts = |kind: &&str| *kind != "Posted" && !WITHOUT_ROWS.contains(kind);
    KINDS.into_iter().filter(lasts).collect()
}

/// What an event makes so, by which the events find it that require it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names say it
pub(super) enum Cause {
    Account,
    Session,
    Seat,
    /// An invite, or its acceptance, between the stream's account and this one.
    Between(AccountId),
    Friends(AccountId),
    Block(AccountId),
    Member(GroupId),
}

/// All lasting events of a stream.
#[derive(Default)]
pub(super) struct Stream {
    /// Where they are; ascending, as all below.
    pub(super) positions: Vec<Position>,
    causes: HashMap<Cause, Vec<Position>>,
    /// Where a row is made, put into another state, or removed.
    touched: HashMap<Key, Vec<Position>>,
    /// Where all rows of somebody are removed.
    cleared: Vec<(Position, Change)>,
}

impl Stream {
    /// Takes the next event in.
    pub(super) fn take(&mut self, recorded: &Recorded) {
        let position = recorded.position;
        self.positions.push(position);
        for cause in causes(&recorded.event) {
            self.causes.entry(cause).or_default().push(position);
        }
        for change in changes(recorded) {
            match change {
                Change::Put(row) => self.touched.entry(row.key()).or_default().push(position),
                Change::Remove(key) => self.touched.entry(key).or_default().push(position),
                Change::RemoveAllOf(..) => self.cleared.push((position, change)),
            }
        }
    }

    /// The last event before `before` that makes this so.
    pub(super) fn last(&self, cause: Cause, before: Position) -> Option<Position> {
        let all = self.causes.get(&cause)?;
        let earlier = all.partition_point(|position| *position < before);
        all[..earlier].last().copied()
    }

    /// All events that make one of these so, with what they make.
    pub(super) fn all(&self, wanted: impl Fn(Cause) -> bool) -> Vec<(Cause, Position)> {
        let causes = self.causes.iter().filter(|(cause, _)| wanted(**cause));
        causes
            .flat_map(|(cause, all)| all.iter().map(|position| (*cause, *position)))
            .collect()
    }

    /// The first event behind `after` that removes the row or puts it into another state.
    pub(super) fn end_of(&self, row: &Row, after: Position) -> Option<Position> {
        let touched = self.touched.get(&row.key()).map_or(&[][..], Vec::as_slice);
        let touched = touched
            .get(touched.partition_point(|position| *position <= after))
            .copied();
        let mut later = self.cleared.iter().filter(|(position, _)| *position > after).peekable();
        if later.peek().is_none() {
            return touched;
        }
        let mut only = Facts::default();
        only.absorb(Change::Put(row.clone()));
        let cleared = later.find(|(_, change)| !only.removed_by(change).is_empty());
        touched.into_iter().chain(cleared.map(|(position, _)| *position)).min()
    }
}

/// The rows that an event makes, or puts into another state. Those of application servers are not among them, for what an event
/// makes of such a row hangs on the one before.
pub(super) fn made(recorded: &Recorded) -> Vec<Row> {
    let rows = changes(recorded).into_iter().filter_map(|change| match change {
        Change::Put(row) => Some(row),
        _ => None,
    });
    rows.collect()
}

fn changes(recorded: &Recorded) -> Vec<Change> {
    let changes = Facts::default().changes(recorded.position, &recorded.event);
    changes.unwrap_or_default()
}

fn causes(event: &Event) -> Vec<Cause> {
    match *event {
        Event::AccountRegistered { .. } => vec![Cause::Account],
        Event::SessionStarted { .. } => vec![Cause::Session],
        Event::SeatTaken { .. } => vec![Cause::Seat],
        Event::InviteSent { to, .. } => vec![Cause::Between(to)],
        Event::InviteAccepted { from, .. } => vec![Cause::Between(from), Cause::Friends(from)],
        Event::Blocked { whom, .. } => vec![Cause::Block(whom)],
        Event::GroupCreated { group, .. } | Event::GroupJoined { group, .. } => vec![Cause::Member(group)],
        _ => Vec::new(),
    }
}
