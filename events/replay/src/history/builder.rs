//! Events to births and deaths of rows: a third interpreter of the changes that the one fold names, beside the one on
//! rows in memory and the one on tables.

use std::collections::HashMap;

use tenfold_core::event::{Event, KINDS};
use tenfold_core::facts::{self, Change, Facts, Group, Instance, Key, PairState, Post, Projection};
use tenfold_core::ids::{AccountId, Position};
use uuid::Uuid;

use super::error::HistoryError;
use super::head::LastEvent;
use super::living::{Link, Living, alive};
use super::records::{Death, Entity, EventIndex, Extent, Kind, Piece, PostRow, Record, Row, STATES, Table, Who};
use super::store::Store;
use crate::fold::{Entry, ReplayError};

/// Writes an index on from where it ends. It keeps in memory what lives there, without any text: posts as a number each.
pub(super) struct Builder {
    store: Store,
    living: Living,
    posts_of: HashMap<AccountId, Vec<u32>>,
    numbers: HashMap<Uuid, Entity>,
    /// The instances, whose states the fold must know; nothing else.
    fleet: Facts,
}

impl Builder {
    /// Learns what lives at the end of the index.
    pub(super) fn on(store: Store) -> Result<Builder, HistoryError> {
        let end = match store.places.len() {
            0 => EventIndex::default(),
            count => store.places.get(count - 1)?,
        };
        let mut numbers = HashMap::with_capacity(store.entities.len() as usize);
        store.entities.scan(0..store.entities.len(), |number, id| {
            numbers.insert(id, Entity(number as u32));
        })?;
        let mut builder = Builder {
            living: Living::load(&store, end.rows)?,
            store,
            posts_of: HashMap::new(),
            numbers,
            fleet: Facts::default(),
        };
        builder.learn_posts(end.posts)?;
        builder.learn_fleet()?;
        Ok(builder)
    }

    fn learn_posts(&mut self, extent: Extent) -> Result<(), HistoryError> {
        let Builder { store, posts_of, .. } = self;
        let alive = alive(extent, |each| store.post_deaths.scan(0..extent.died.into(), each))?;
        let mut living = Vec::new();
        store.posts.scan(0..extent.born.into(), |number, post| {
            if alive.has(number as u32) {
                living.push((number as u32, post.author));
            }
        })?;
        for (number, author) in living {
            posts_of.entry(AccountId(store.id(author)?)).or_default().push(number);
        }
        Ok(())
    }

    fn learn_fleet(&mut self) -> Result<(), HistoryError> {
        for (_, row) in self.living.rows().filter(|(_, row)| row.table == Table::Instance) {
            let instance = instance(&self.store, row)?;
            self.fleet.absorb(Change::put(instance));
        }
        Ok(())
    }

    /// Takes the next event in.
    ///
    /// # Errors
    /// Where it is impossible, or the index cannot be written.
    pub(super) fn take(&mut self, entry: &Entry) -> Result<(), HistoryError> {
        let Entry {
            position, ref event, ..
        } = *entry;
        let changes = self.fleet.changes(position, event);
        let changes = changes.map_err(|cause| ReplayError::Impossible { position, cause })?;
        let who = self.who(event)?;
        for change in changes {
            self.change(change)?;
        }
        self.store.places.push(EventIndex {
            position,
            rows: extent(self.store.rows.len(), self.store.row_deaths.len()),
            posts: extent(self.store.posts.len(), self.store.post_deaths.len()),
        })?;
        let kind = KINDS
            .iter()
            .position(|kind| *kind == event.kind())
            .unwrap_or(KINDS.len());
        self.store.kinds.push(Kind(kind as u8))?;
        self.store.whos.push(who)
    }

    /// The position of the last event that was committed.
    pub(super) fn end(&self) -> Position {
        self.store.end()
    }

    /// Makes all that has been taken in part of the index.
    pub(super) fn commit(&mut self, last: Option<LastEvent>) -> Result<(), HistoryError> {
        self.store.commit(last)
    }

    /// The index, with what was committed.
    pub(super) fn finish(self) -> Store {
        self.store
    }

    fn change(&mut self, change: Change) -> Result<(), HistoryError> {
        match change {
            Change::Put(row) => self.put_row(row),
            Change::Remove(key) => self.remove_row(key),
            Change::RemoveAllOf(Projection::Post, author) => self.remove_posts_of(author),
            Change::RemoveAllOf(projection, account) => links_to_account(projection)
                .iter()
                .try_for_each(|link| self.remove_all(account.0, *link)),
        }
    }

    fn put_row(&mut self, row: facts::Row) -> Result<(), HistoryError> {
        let row = match row {
            facts::Row::Post(post) => return self.put_post(&post),
            facts::Row::Instance(instance) => return self.put_instance(instance),
            facts::Row::Group(group) => return self.put_group(&group),
            facts::Row::Account(account) => Row::new(Table::Account, self.entity(account.id.0)?, account.position),
            facts::Row::Session(session) => Row {
                other: self.entity(session.id.0)?,
                ..Row::new(Table::Session, self.entity(session.account.0)?, session.position)
            },
            facts::Row::Seat(seat) => Row {
                number: seat.number,
                other: self.entity(seat.instance.0)?,
                third: self.entity(seat.session.0)?,
                // A seat has no position of its own.
                ..Row::new(Table::Seat, self.entity(seat.account.0)?, Position::START)
            },
            facts::Row::Pair(pair) => Row {
                other: self.entity(pair.invitee().0)?,
                ..Row::new(table_of(pair.state), self.entity(pair.inviter.0)?, pair.position)
            },
            facts::Row::Block(block) => Row {
                other: self.entity(block.blocked.0)?,
                ..Row::new(Table::Block, self.entity(block.blocker.0)?, block.position)
            },
            facts::Row::Membership(membership) => Row {
                other: self.entity(membership.group.0)?,
                ..Row::new(
                    Table::Membership,
                    self.entity(membership.account.0)?,
                    membership.position,
                )
            },
        };
        self.put(row)
    }

    fn remove_row(&mut self, key: Key) -> Result<(), HistoryError> {
        let (id, link, other) = match key {
            Key::Account(account) => (account.0, Link::Account, None),
            Key::Session(account) => (account.0, Link::Session, None),
            Key::Seat(session) => (session.0, Link::Seat, None),
            Key::Pair(pair) => (pair.low.0, Link::Pair, Some(pair.high.0)),
            Key::Block((blocker, blocked)) => (blocker.0, Link::Block, Some(blocked.0)),
            Key::Membership((group, account)) => (account.0, Link::Membership, Some(group.0)),
            Key::Group(group) => (group.0, Link::Group, None),
            Key::Instance(instance) => (instance.0, Link::Instance, None),
            Key::Post(position) => return self.remove_post(position),
        };
        let other = other.map_or(Entity::NONE, |other| self.known(other));
        match self.living.find(self.known(id), link, other) {
            Some((number, _)) => self.die(number),
            None => Ok(()),
        }
    }

    fn put_group(&mut self, group: &Group) -> Result<(), HistoryError> {
        let first = self.store.pieces.len();
        for part in group.name.as_bytes().chunks(Piece::SIZE) {
            let mut piece = Piece::default();
            piece[..part.len()].copy_from_slice(part);
            self.store.pieces.push(piece)?;
        }
        let row = Row {
            other: Entity(number(first)?),
            number: group.name.len().try_into().map_err(|_| HistoryError::Full)?,
            ..Row::new(Table::Group, self.entity(group.id.0)?, group.position)
        };
        self.put(row)
    }

    fn put_instance(&mut self, instance: Instance) -> Result<(), HistoryError> {
        let state = STATES
            .iter()
            .position(|state| *state == instance.state)
            .unwrap_or_default();
        let row = Row {
            state: state as u8,
            number: instance.seats,
            ..Row::new(Table::Instance, self.entity(instance.id.0)?, instance.position)
        };
        self.fleet.absorb(Change::put(instance));
        self.put(row)
    }

    fn put_post(&mut self, post: &Post) -> Result<(), HistoryError> {
        let number = number(self.store.posts.len())?;
        let author = self.entity(post.author.0)?;
        self.posts_of.entry(post.author).or_default().push(number);
        self.store.posts.push(PostRow {
            position: post.position,
            author,
        })
    }

    fn remove_posts_of(&mut self, author: AccountId) -> Result<(), HistoryError> {
        let posts = self.posts_of.remove(&author).unwrap_or_default();
        posts
            .into_iter()
            .try_for_each(|post| self.store.post_deaths.push(Death(post)))
    }

    fn remove_post(&mut self, position: Position) -> Result<(), HistoryError> {
        let Some((number, post)) = self.store.post_at(position)? else {
            return Ok(());
        };
        let author = AccountId(self.store.id(post.author)?);
        if let Some(posts) = self.posts_of.get_mut(&author) {
            posts.retain(|other| *other != number);
        }
        self.store.post_deaths.push(Death(number))
    }

    /// A row is born, in the place of the one that has its key.
    fn put(&mut self, row: Row) -> Result<(), HistoryError> {
        let number = number(self.store.rows.len())?;
        if let Some(replaced) = self.living.same_key(&row) {
            self.die(replaced)?;
        }
        self.living.insert(number, row);
        self.store.rows.push(row)
    }

    fn remove_all(&mut self, id: Uuid, link: Link) -> Result<(), HistoryError> {
        let dying: Vec<u32> = self.living.of(self.known(id), link).map(|(number, _)| number).collect();
        dying.into_iter().try_for_each(|number| self.die(number))
    }

    fn die(&mut self, number: u32) -> Result<(), HistoryError> {
        self.living.remove(number);
        self.store.row_deaths.push(Death(number))
    }

    /// Whose stream the event is of, and whom or what else it is about.
    fn who(&mut self, event: &Event) -> Result<Who, HistoryError> {
        let stream = self.entity(event.stream().id())?;
        let other = match event {
            // About something that may be nowhere else.
            Event::CommandRefused { about, .. } => about.and_then(|id| self.numbers.get(&id).copied()),
            _ => event.about().map(|id| self.entity(id)).transpose()?,
        };
        Ok(Who([stream, other.unwrap_or(Entity::NONE)]))
    }

    /// The number that stands for an id; nobody's where it has none.
    fn known(&self, id: Uuid) -> Entity {
        self.numbers.get(&id).copied().unwrap_or(Entity::NONE)
    }

    /// The number that stands for an id; the next one where it has none.
    fn entity(&mut self, id: Uuid) -> Result<Entity, HistoryError> {
        if let Some(entity) = self.numbers.get(&id) {
            return Ok(*entity);
        }
        let entity = Entity(number(self.store.entities.len())?);
        self.store.entities.push(id)?;
        self.numbers.insert(id, entity);
        Ok(entity)
    }
}

/// In what way rows of a projection are an account's, where they go with one.
fn links_to_account(projection: Projection) -> &'static [Link] {
    match projection {
        Projection::Pair => &[Link::Pair],
        Projection::Block => &[Link::Block, Link::BlockedBy],
        Projection::Membership => &[Link::Membership],
        Projection::Session => &[Link::Session],
        Projection::Account => &[Link::Account],
        // Posts are in a sheet of their own.
        Projection::Post | Projection::Seat | Projection::Group | Projection::Instance => &[],
    }
}

fn table_of(state: PairState) -> Table {
    match state {
        PairState::Invited => Table::Invite,
        PairState::Friends => Table::Friendship,
    }
}

/// An instance as its row tells it: what its provider calls it and where it listens is not kept.
pub(super) fn instance(store: &Store, row: &Row) -> Result<Instance, HistoryError> {
    Ok(Instance {
        id: store.id(row.who)?.into(),
        state: STATES[usize::from(row.state) % STATES.len()],
        seats: row.number,
        reference: None,
        host: None,
        port: None,
        position: row.position,
    })
}

fn extent(born: u64, died: u64) -> Extent {
    // Both were made sure of when they were counted.
    Extent {
        born: born as u32,
        died: died as u32,
    }
}

fn number(count: u64) -> Result<u32, HistoryError> {
    // The highest stands for nobody.
    let number = u32::try_from(count).ok().filter(|number| *number < u32::MAX);
    number.ok_or(HistoryError::Full)
}
