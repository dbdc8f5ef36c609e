//! Questions to a view, answered from the index alone.

use tenfold_core::ids::{AccountId, GroupId, InstanceId, Position};
use uuid::Uuid;

use super::builder::instance;
use super::error::HistoryError;
use super::item::Item;
use super::living::Link;
use super::records::{Entity, Row, Table};
use super::view::View;

/// An application server with more people on it than it has seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overfull {
    /// Which.
    pub instance: InstanceId,
    /// How many sit there.
    pub taken: usize,
    /// How many seats it has.
    pub seats: u16,
}

impl View {
    /// Whether the account lives.
    ///
    /// # Errors
    /// Where the index cannot be read, as with all of these.
    pub fn lives(&self, account: AccountId) -> Result<bool, HistoryError> {
        self.has(account.0, Link::Account, None)
    }

    /// Whether the account has a live session.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn online(&self, account: AccountId) -> Result<bool, HistoryError> {
        self.has(account.0, Link::Session, None)
    }

    /// Whether the two are friends.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn friends(&self, one: AccountId, other: AccountId) -> Result<bool, HistoryError> {
        let pair = self.find(one.0, Link::Pair, Some(other.0))?;
        Ok(pair.is_some_and(|row| row.table == Table::Friendship))
    }

    /// Whether an invite of `from` to `to` waits.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn invited(&self, from: AccountId, to: AccountId) -> Result<bool, HistoryError> {
        let (pair, from) = (self.find(from.0, Link::Pair, Some(to.0))?, self.store.number(from.0)?);
        Ok(pair.is_some_and(|row| row.table == Table::Invite && Some(row.who) == from))
    }

    /// Whether the account is in the group.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn member(&self, account: AccountId, group: GroupId) -> Result<bool, HistoryError> {
        self.has(account.0, Link::Membership, Some(group.0))
    }

    /// Whether `receive-post` would show the account the post at that position: it is there, and of a friend.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn sees(&self, account: AccountId, post: Position) -> Result<bool, HistoryError> {
        match self.post(post)? {
            Some(author) => self.friends(account, author),
            None => Ok(false),
        }
    }

    /// The author of the post at that position, where it is there.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn post(&self, position: Position) -> Result<Option<AccountId>, HistoryError> {
        let post = self.store.post_at(position)?;
        let living = post.filter(|(number, _)| self.posts.has(*number));
        living
            .map(|(_, post)| self.store.id(post.author).map(AccountId))
            .transpose()
    }

    /// Where the account is served, where it is.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn seat(&self, account: AccountId) -> Result<Option<InstanceId>, HistoryError> {
        let Some(session) = self.find(account.0, Link::Session, None)? else {
            return Ok(None);
        };
        let seat = self.living.find(session.other, Link::Seat, Entity::NONE);
        seat.map(|(_, row)| self.store.id(row.other).map(InstanceId))
            .transpose()
    }

    /// How many people sit on the application server.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn taken(&self, instance: InstanceId) -> Result<usize, HistoryError> {
        let entity = self.store.number(instance.0)?;
        Ok(entity.map_or(0, |entity| self.living.of(entity, Link::Sitter).count()))
    }

    /// How many are in the group.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn members(&self, group: GroupId) -> Result<usize, HistoryError> {
        let entity = self.store.number(group.0)?;
        Ok(entity.map_or(0, |entity| self.living.of(entity, Link::Member).count()))
    }

    /// The application servers with more people on them than they have seats.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn overfull(&self) -> Result<Vec<Overfull>, HistoryError> {
        let mut overfull = Vec::new();
        for (_, row) in self.living.rows().filter(|(_, row)| row.table == Table::Instance) {
            let taken = self.living.of(row.who, Link::Sitter).count();
            if taken > usize::from(row.number) {
                let instance = instance(&self.store, row)?;
                overfull.push(Overfull {
                    instance: instance.id,
                    taken,
                    seats: instance.seats,
                });
            }
        }
        Ok(overfull)
    }

    /// The rows of a projection that came last, newest first, at most `limit` of them; those that are about `about`
    /// where that is given.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn newest(&self, table: Table, about: Option<Uuid>, limit: usize) -> Result<Vec<Item>, HistoryError> {
        let about = match about {
            None => None,
            Some(id) => match self.store.number(id)? {
                None => return Ok(Vec::new()),
                entity => entity,
            },
        };
        if table == Table::Post {
            return self.newest_posts(about, limit);
        }
        let concerns = |row: &Row| about.is_none_or(|about| self.concerns(row, about));
        let rows = self.living.rows().rev().map(|(_, row)| row);
        let rows = rows.filter(|row| row.table == table && concerns(row)).take(limit);
        rows.map(|row| Item::of_row(&self.store, row)).collect()
    }

    fn newest_posts(&self, author: Option<Entity>, limit: usize) -> Result<Vec<Item>, HistoryError> {
        let mut items = Vec::new();
        for number in self.posts.descending() {
            if items.len() == limit {
                break;
            }
            let post = self.store.posts.get(number.into())?;
            if author.is_none_or(|author| author == post.author) {
                items.push(Item::of_post(&self.store, &post)?);
            }
        }
        Ok(items)
    }

    /// Whether a row is about that account, group or application server; a membership is about both, and so is the
    /// server somebody sits on and the group somebody is in.
    fn concerns(&self, row: &Row, about: Entity) -> bool {
        let is_in = |group| self.living.find(about, Link::Membership, group).is_some();
        let sits_on = |instance| {
            let session = self
                .living
                .find(about, Link::Session, Entity::NONE)
                .map(|(_, row)| row.other);
            session.is_some_and(|session| self.living.find(instance, Link::Sitter, session).is_some())
        };
        match row.table {
            Table::Group => row.who == about || is_in(row.who),
            Table::Instance => row.who == about || sits_on(row.who),
            Table::Account | Table::Post => row.who == about,
            Table::Session => row.who == about,
            _ => row.who == about || row.other == about,
        }
    }

    fn has(&self, id: Uuid, link: Link, other: Option<Uuid>) -> Result<bool, HistoryError> {
        Ok(self.find(id, link, other)?.is_some())
    }

    pub(super) fn find(&self, id: Uuid, link: Link, other: Option<Uuid>) -> Result<Option<&Row>, HistoryError> {
        let Some(entity) = self.store.number(id)? else {
            return Ok(None);
        };
        let other = match other {
            None => Entity::NONE,
            Some(id) => match self.store.number(id)? {
                None => return Ok(None),
                Some(entity) => entity,
            },
        };
        Ok(self.living.find(entity, link, other).map(|(_, row)| row))
    }
}
