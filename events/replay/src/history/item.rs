//! A row version as others see it: with ids, and without what a person wrote or is called, which the log alone has.

use tenfold_core::facts::InstanceState;
use tenfold_core::ids::{AccountId, GroupId, InstanceId, Position, SessionId};
use uuid::Uuid;

use super::builder::instance;
use super::error::HistoryError;
use super::records::{PostRow, Row, Table};
use super::store::Store;

/// A row version of a projection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names say what they are
pub enum Item {
    /// An account; its name is in the event at `position`.
    Account { account: AccountId, position: Position },
    /// A live session.
    Session {
        account: AccountId,
        session: SessionId,
        position: Position,
    },
    /// A seat that is taken.
    Seat {
        account: AccountId,
        session: SessionId,
        instance: InstanceId,
        number: u16,
    },
    /// An invite that waits.
    Invite {
        from: AccountId,
        to: AccountId,
        position: Position,
    },
    /// Two friends: who had invited, and who accepted.
    Friendship {
        inviter: AccountId,
        invitee: AccountId,
        position: Position,
    },
    /// Somebody who blocks somebody.
    Block {
        blocker: AccountId,
        blocked: AccountId,
        position: Position,
    },
    /// A group and its name.
    Group {
        group: GroupId,
        name: String,
        position: Position,
    },
    /// Somebody in a group.
    Membership {
        group: GroupId,
        account: AccountId,
        position: Position,
    },
    /// An application server in one of its states; `position` is that of its request.
    Instance {
        instance: InstanceId,
        state: InstanceState,
        seats: u16,
        position: Position,
    },
    /// A post; its text is in the event at `position`.
    Post { author: AccountId, position: Position },
}

impl Item {
    /// Which projection it is a row of.
    pub fn table(&self) -> Table {
        match self {
            Item::Account { .. } => Table::Account,
            Item::Session { .. } => Table::Session,
            Item::Seat { .. } => Table::Seat,
            Item::Invite { .. } => Table::Invite,
            Item::Friendship { .. } => Table::Friendship,
            Item::Block { .. } => Table::Block,
            Item::Group { .. } => Table::Group,
            Item::Membership { .. } => Table::Membership,
            Item::Instance { .. } => Table::Instance,
            Item::Post { .. } => Table::Post,
        }
    }

    /// The accounts and groups in it, which have names.
    pub fn named_ids(&self) -> Vec<Uuid> {
        match self {
            Item::Account { account, .. } | Item::Session { account, .. } | Item::Seat { account, .. } => {
                vec![account.0]
            }
            Item::Invite { from, to, .. } => vec![from.0, to.0],
            Item::Friendship { inviter, invitee, .. } => vec![inviter.0, invitee.0],
            Item::Block { blocker, blocked, .. } => vec![blocker.0, blocked.0],
            Item::Group { group, .. } => vec![group.0],
            Item::Membership { group, account, .. } => vec![group.0, account.0],
            Item::Post { author, .. } => vec![author.0],
            Item::Instance { .. } => Vec::new(),
        }
    }

    pub(super) fn of_row(store: &Store, row: &Row) -> Result<Item, HistoryError> {
        let position = row.position;
        let who = store.id(row.who)?;
        Ok(match row.table {
            Table::Account => Item::Account {
                account: who.into(),
                position,
            },
            Table::Session => Item::Session {
                account: who.into(),
                session: store.id(row.other)?.into(),
                position,
            },
            Table::Seat => Item::Seat {
                account: who.into(),
                session: store.id(row.third)?.into(),
                instance: store.id(row.other)?.into(),
                number: row.number,
            },
            Table::Invite => Item::Invite {
                from: who.into(),
                to: store.id(row.other)?.into(),
                position,
            },
            Table::Friendship => Item::Friendship {
                inviter: who.into(),
                invitee: store.id(row.other)?.into(),
                position,
            },
            Table::Block => Item::Block {
                blocker: who.into(),
                blocked: store.id(row.other)?.into(),
                position,
            },
            Table::Group => Item::Group {
                group: who.into(),
                name: store.group_name(row)?,
                position,
            },
            Table::Membership => Item::Membership {
                group: store.id(row.other)?.into(),
                account: who.into(),
                position,
            },
            Table::Instance => {
                let instance = instance(store, row)?;
                Item::Instance {
                    instance: instance.id,
                    state: instance.state,
                    seats: instance.seats,
                    position,
                }
            }
            // The sheet of rows has none.
            Table::Post => Item::Post {
                author: who.into(),
                position,
            },
        })
    }

    pub(super) fn of_post(store: &Store, post: &PostRow) -> Result<Item, HistoryError> {
        Ok(Item::Post {
            author: store.id(post.author)?.into(),
            position: post.position,
        })
    }
}
