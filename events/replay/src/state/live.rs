//! The live projections, read back into facts: every row is the change that put it there.

use futures_util::TryStreamExt;
use tenfold_core::facts::change::Change;
use tenfold_core::facts::{
    Account, Facts, Group, Instance, InstanceState, Membership, Pair, PairKey, PairState, Post, Seat, Session,
};
use tenfold_core::ids::{AccountId, GroupId, InstanceId, Position, SessionId};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use tenfold_log::database::DatabaseError;

/// Why the projections could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A row that no event makes.
    #[error("the projection {table} holds a row that no event makes ({what}); `bin/events rebuild` makes it anew")]
    Row {
        /// In which table.
        table: &'static str,
        /// What is wrong with it.
        what: String,
    },
}

impl From<tokio_postgres::Error> for LiveError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}

/// One table: its columns, and what a row of it says.
struct Table {
    name: &'static str,
    columns: &'static str,
    change: fn(&Row) -> Result<Change, String>,
}

const TABLES: [Table; 8] = [
    Table {
        name: "account",
        columns: "id, name, position",
        change: account,
    },
    Table {
        name: "session",
        columns: "id, account_id, position",
        change: session,
    },
    Table {
        name: "seat",
        columns: "session_id, account_id, instance_id, number, seats",
        change: seat,
    },
    Table {
        name: "pair",
        columns: "low, high, state, inviter, position",
        change: pair,
    },
    Table {
        name: "post",
        columns: "position, author, text",
        change: post,
    },
    Table {
        name: "groups",
        columns: "id, name, position",
        change: group,
    },
    Table {
        name: "membership",
        columns: "group_id, account_id, position",
        change: membership,
    },
    Table {
        name: "instance",
        columns: "id, state, seats, reference, host, port, position",
        change: instance,
    },
];

/// One moment of the database: everything read through it belongs together, whatever is appended meanwhile.
pub struct Snapshot<'a> {
    client: &'a Client,
}

impl<'a> Snapshot<'a> {
    /// Takes the moment. The tables are locked against nothing but being swapped by a rebuild, and before the
    /// moment is taken: a table that is swapped in afterwards would look empty from here.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn take(client: &'a Client) -> Result<Snapshot<'a>, DatabaseError> {
        let tables = tenfold_log::projection::TABLES.join(", ");
        let begin = format!(
            "begin isolation level repeatable read read only; lock table event, {tables} in access share mode; \
             select 1"
        );
        client.batch_execute(&begin).await?;
        Ok(Snapshot { client })
    }

    /// The connection, for other reading in the same moment.
    pub fn client(&self) -> &'a Client {
        self.client
    }

    /// The position of the last event that is visible.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn position(&self) -> Result<Position, DatabaseError> {
        let row = self
            .client
            .query_one("select coalesce(max(position), 0) from event", &[])
            .await?;
        Ok(Position(row.get(0)))
    }

    /// All rows of all projections.
    ///
    /// # Errors
    /// Where the database fails, or a row is none that an event makes.
    pub async fn facts(&self) -> Result<Facts, LiveError> {
        let mut facts = Facts::default();
        for table in &TABLES {
            self.load(table, &mut facts).await?;
        }
        Ok(facts)
    }

    async fn load(&self, table: &Table, facts: &mut Facts) -> Result<(), LiveError> {
        let select = format!("select {} from {}", table.columns, table.name);
        let none: [i64; 0] = [];
        let rows = self.client.query_raw(&select, none).await?;
        let mut rows = std::pin::pin!(rows);
        while let Some(row) = rows.try_next().await? {
            let change = (table.change)(&row).map_err(|what| LiveError::Row {
                table: table.name,
                what,
            })?;
            facts.absorb(&change);
        }
        Ok(())
    }

    /// Lets go of the moment.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn end(self) -> Result<(), DatabaseError> {
        Ok(self.client.batch_execute("commit").await?)
    }
}

fn account(row: &Row) -> Result<Change, String> {
    Ok(Change::PutAccount(Account {
        id: AccountId(row.get(0)),
        name: row.get(1),
        position: Position(row.get(2)),
    }))
}

fn session(row: &Row) -> Result<Change, String> {
    Ok(Change::PutSession(Session {
        id: SessionId(row.get(0)),
        account: AccountId(row.get(1)),
        position: Position(row.get(2)),
    }))
}

fn seat(row: &Row) -> Result<Change, String> {
    Ok(Change::PutSeat(Seat {
        session: SessionId(row.get(0)),
        account: AccountId(row.get(1)),
        instance: InstanceId(row.get(2)),
        number: unsigned("number", row.get::<_, i16>(3).into())?,
        seats: unsigned("seats", row.get::<_, i16>(4).into())?,
    }))
}

fn pair(row: &Row) -> Result<Change, String> {
    let state = match row.get(2) {
        "invited" => PairState::Invited,
        "friends" => PairState::Friends,
        other => return Err(format!("state {other:?}")),
    };
    let (low, high): (Uuid, Uuid) = (row.get(0), row.get(1));
    Ok(Change::PutPair(Pair {
        key: PairKey {
            low: AccountId(low),
            high: AccountId(high),
        },
        state,
        inviter: AccountId(row.get(3)),
        position: Position(row.get(4)),
    }))
}

fn post(row: &Row) -> Result<Change, String> {
    Ok(Change::PutPost(Post {
        position: Position(row.get(0)),
        author: AccountId(row.get(1)),
        text: row.get(2),
    }))
}

fn group(row: &Row) -> Result<Change, String> {
    Ok(Change::PutGroup(Group {
        id: GroupId(row.get(0)),
        name: row.get(1),
        position: Position(row.get(2)),
    }))
}

fn membership(row: &Row) -> Result<Change, String> {
    Ok(Change::PutMembership(Membership {
        group: GroupId(row.get(0)),
        account: AccountId(row.get(1)),
        position: Position(row.get(2)),
    }))
}

fn instance(row: &Row) -> Result<Change, String> {
    let state: &str = row.get(1);
    let port: Option<i32> = row.get(5);
    Ok(Change::PutInstance(Instance {
        id: InstanceId(row.get(0)),
        state: InstanceState::from_name(state).ok_or_else(|| format!("state {state:?}"))?,
        seats: unsigned("seats", row.get::<_, i16>(2).into())?,
        reference: row.get(3),
        host: row.get(4),
        port: port.map(|port| unsigned("port", port)).transpose()?,
        position: Position(row.get(6)),
    }))
}

fn unsigned(what: &str, value: i32) -> Result<u16, String> {
    u16::try_from(value).map_err(|_| format!("{what} {value}"))
}
