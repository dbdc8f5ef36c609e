//! A view's rows with the texts and names that the log has of them.

use std::collections::BTreeSet;

use tenfold_core::facts::Change;
use tenfold_core::facts::{Block, Facts, Group, Membership, Pair, PairKey, PairState, Seat, Session};
use tenfold_core::ids::{AccountId, Position};
use tenfold_log::database::Client;
use uuid::Uuid;

use super::builder::instance;
use super::error::HistoryError;
use super::living::Link;
use super::records::{Entity, Row, Table};
use super::view::View;
use crate::fold::{Entry, ReplayError, replay_at};

impl View {
    /// All rows. Of application servers it is not known what their providers call them and where they listen.
    ///
    /// # Errors
    /// Where the index or the log cannot be read.
    pub async fn facts(&self, client: &Client) -> Result<Facts, HistoryError> {
        let posts = self.posts_where(|_, _| true)?;
        self.load(client, self.living.rows().map(|(_, row)| *row), posts).await
    }

    /// All rows but the posts that `other` has too.
    ///
    /// # Errors
    /// Where the index or the log cannot be read.
    pub async fn facts_unlike(&self, client: &Client, other: &View) -> Result<Facts, HistoryError> {
        let posts = self.posts_where(|number, _| !other.posts.has(number))?;
        self.load(client, self.living.rows().map(|(_, row)| *row), posts).await
    }

    /// The rows that are about an account, a group or an application server, and those that these need to be shown; for
    /// an account also the posts of its friends.
    ///
    /// # Errors
    /// Where the index or the log cannot be read.
    pub async fn facts_about(&self, client: &Client, id: Uuid) -> Result<Facts, HistoryError> {
        let Some(entity) = self.store.number(id)? else {
            return Ok(Facts::default());
        };
        let rows = self.rows_about(entity);
        let friends = rows.iter().filter(|row| row.table == Table::Friendship);
        let mut authors: BTreeSet<Entity> = friends.flat_map(|row| [row.who, row.other]).collect();
        authors.insert(entity);
        let posts = self.posts_where(|_, author| authors.contains(&author))?;
        self.load(client, rows, posts).await
    }

    /// The living accounts' names, by reading each from the log.
    ///
    /// # Errors
    /// Where the index or the log cannot be read.
    pub async fn names(&self, client: &Client) -> Result<Facts, HistoryError> {
        let accounts = self.living.rows().filter(|(_, row)| row.table == Table::Account);
        self.load(client, accounts.map(|(_, row)| *row), Vec::new()).await
    }

    fn rows_about(&self, entity: Entity) -> Vec<Row> {
        let mut rows = Vec::new();
        let all = |link| self.living.of(entity, link).map(|(_, row)| *row);
        for link in [
            Link::Session,
            Link::Pair,
            Link::Block,
            Link::BlockedBy,
            Link::Membership,
            Link::Member,
            Link::Sitter,
        ] {
            rows.extend(all(link));
        }
        let sessions = rows.iter().filter(|row| row.table == Table::Session);
        let seats = sessions.filter_map(|row| self.living.find(row.other, Link::Seat, Entity::NONE));
        let seats: Vec<Row> = seats.map(|(_, row)| *row).collect();
        rows.extend(seats);
        // All that are named in these rows, and the thing itself.
        let mentioned = rows.iter().flat_map(|row| [row.who, row.other]).chain([entity]);
        let mentioned: BTreeSet<Entity> = mentioned.collect();
        for entity in mentioned {
            for link in [Link::Account, Link::Group, Link::Instance] {
                rows.extend(self.living.find(entity, link, Entity::NONE).map(|(_, row)| *row));
            }
        }
        rows
    }

    /// Where the living posts stand that `wanted` says yes to, by number and author, and who wrote them.
    fn posts_where(&self, wanted: impl Fn(u32, Entity) -> bool) -> Result<Vec<(Position, Entity)>, HistoryError> {
        let mut posts = Vec::new();
        let any = |range| self.posts.may_have_any(range);
        self.store
            .posts
            .scan_where(0..self.store.posts.len(), any, |number, post| {
                if self.posts.has(number as u32) && wanted(number as u32, post.author) {
                    posts.push((post.position, post.author));
                }
            })?;
        Ok(posts)
    }

    /// These rows, and these posts.
    async fn load(
        &self,
        client: &Client,
        rows: impl IntoIterator<Item = Row>,
        posts: Vec<(Position, Entity)>,
    ) -> Result<Facts, HistoryError> {
        let mut facts = Facts::default();
        let mut written = posts;
        for row in rows {
            match self.change(&row)? {
                Some(change) => facts.absorb(change),
                None => written.push((row.position, row.who)),
            }
        }
        written.sort_unstable();
        let written: Result<Vec<(Position, Uuid)>, HistoryError> = written
            .into_iter()
            .map(|(position, account)| Ok((position, self.store.id(account)?)))
            .collect();
        Ok(replay_at(client, &written?, facts, absorb).await?)
    }

    /// What puts the row there; nothing for an account, whose name the log has.
    fn change(&self, row: &Row) -> Result<Option<Change>, HistoryError> {
        let id = |entity| self.store.id(entity);
        let position = row.position;
        Ok(Some(match row.table {
            Table::Account | Table::Post => return Ok(None),
            Table::Session => Change::put(Session {
                id: id(row.other)?.into(),
                account: id(row.who)?.into(),
                position,
            }),
            Table::Seat => Change::put(Seat {
                session: id(row.third)?.into(),
                account: id(row.who)?.into(),
                instance: id(row.other)?.into(),
                number: row.number,
                seats: self.seats_of(row.other),
            }),
            Table::Invite => Change::put(self.pair(row, PairState::Invited)?),
            Table::Friendship => Change::put(self.pair(row, PairState::Friends)?),
            Table::Block => Change::put(Block {
                blocker: id(row.who)?.into(),
                blocked: id(row.other)?.into(),
                position,
            }),
            Table::Group => Change::put(Group {
                id: id(row.who)?.into(),
                name: self.store.group_name(row)?,
                position,
            }),
            Table::Membership => Change::put(Membership {
                group: id(row.other)?.into(),
                account: id(row.who)?.into(),
                position,
            }),
            Table::Instance => Change::put(instance(&self.store, row)?),
        }))
    }

    fn pair(&self, row: &Row, state: PairState) -> Result<Pair, HistoryError> {
        let inviter = AccountId(self.store.id(row.who)?);
        Ok(Pair {
            key: PairKey::of(inviter, AccountId(self.store.id(row.other)?)),
            state,
            inviter,
            position: row.position,
        })
    }

    fn seats_of(&self, instance: Entity) -> u16 {
        let row = self.living.find(instance, Link::Instance, Entity::NONE);
        row.map_or(0, |(_, row)| row.number)
    }
}

/// An account or a post, by the one fold.
fn absorb(facts: &mut Facts, entry: &Entry) -> Result<(), ReplayError> {
    let position = entry.position;
    let changes = facts.changes(position, &entry.event);
    let changes = changes.map_err(|cause| ReplayError::Impossible { position, cause })?;
    changes.into_iter().for_each(|change| facts.absorb(change));
    Ok(())
}
