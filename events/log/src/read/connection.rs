//! The read connection, its prepared statements, and another one in its place when it is lost.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use tenfold_core::ids::Position;
use tokio::sync::Mutex;
use tokio_postgres::Statement;
use tokio_postgres::types::Type;

use crate::database::{Client, Database, DatabaseError};
use crate::sealing::MasterKey;

/// So many damaged events are logged one by one; whoever looks for more runs `bin/events verify`.
const MOST_REPORTED: usize = 1000;
const SETTINGS: &str = include_str!("../../sql/read/settings.sql");

macro_rules! queries {
    ($($name:ident: $file:literal [$($type:expr),*]),* $(,)?) => {
        /// A question that can be asked.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Query { $($name),* }

        async fn prepare(client: &Client) -> Result<Vec<Statement>, tokio_postgres::Error> {
            // Pipelined: one round trip for all of them.
            futures_util::future::try_join_all([$(
                client.prepare_typed(include_str!(concat!("../../sql/read/", $file)),
                    const { &[$($type),*] as &[Type] })
            ),*]).await
        }
    };
}

queries! {
    Identify: "identify.sql" [Type::UUID, Type::BYTEA],
    SessionStatus: "session_status.sql" [Type::UUID],
    Address: "address.sql" [Type::UUID],
    HighWaterMark: "high_water_mark.sql" [],
    Head: "head.sql" [],
    Deliver: "deliver.sql" [Type::UUID_ARRAY, Type::UUID_ARRAY, Type::INT8_ARRAY, Type::INT8, Type::INT8_ARRAY],
    Addresses: "addresses.sql" [Type::UUID_ARRAY, Type::UUID_ARRAY],
    Invites: "list_invites.sql" [Type::UUID, Type::UUID, Type::INT8],
    Friends: "list_friends.sql" [Type::UUID, Type::UUID, Type::INT8],
    Groups: "list_groups.sql" [Type::UUID, Type::UUID, Type::INT8],
    GroupCounts: "group_counts.sql" [Type::UUID],
    Joined: "list_joined.sql" [Type::UUID, Type::UUID, Type::INT8],
    Blocked: "list_blocked.sql" [Type::UUID, Type::UUID, Type::INT8],
    Posts: "list_posts.sql" [Type::UUID, Type::UUID, Type::INT8],
}

/// An open connection.
pub(super) struct ReadConnection {
    pub client: Client,
    statements: Vec<Statement>,
}

impl ReadConnection {
    async fn open(database: &Database) -> Result<ReadConnection, DatabaseError> {
        let client = database.connect("read").await?;
        let (set, statements) = tokio::join!(client.batch_execute(SETTINGS), prepare(&client));
        set?;
        let statements = statements?;
        Ok(ReadConnection { client, statements })
    }

    pub fn statement(&self, query: Query) -> &Statement {
        &self.statements[query as usize]
    }
}

/// The connection that all clones of a reader share.
pub(super) struct Shared {
    database: Database,
    connection: Mutex<Option<Arc<ReadConnection>>>,
    /// Events that could not be read, and have been reported; a bounded number of them.
    reported: std::sync::Mutex<HashSet<Position>>,
}

impl Shared {
    pub async fn start(database: Database) -> Result<Shared, DatabaseError> {
        let connection = Arc::new(ReadConnection::open(&database).await?);
        Ok(Shared {
            database,
            connection: Mutex::new(Some(connection)),
            reported: std::sync::Mutex::default(),
        })
    }

    /// Whether the event at that position has not been reported as damaged before.
    pub fn is_first_report(&self, position: Position) -> bool {
        let mut reported = self.reported.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        reported.len() < MOST_REPORTED && reported.insert(position)
    }

    /// What opens what is read.
    pub fn master_key(&self) -> Option<&Arc<MasterKey>> {
        self.database.master_key()
    }

    /// The connection; a new one where there is none. None where none is to be had now: then a moment has passed.
    pub async fn connection(&self) -> Option<Arc<ReadConnection>> {
        let mut held = self.connection.lock().await;
        if let Some(connection) = held.as_ref().filter(|connection| !connection.client.is_closed()) {
            return Some(Arc::clone(connection));
        }
        match ReadConnection::open(&self.database).await {
            Ok(connection) => *held = Some(Arc::new(connection)),
            Err(error) => {
                tracing::debug!(%error, "the database is away; trying again");
                *held = None;
                let pause = rand::rng().random_range(100..400);
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
        }
        held.clone()
    }

    /// Gives a connection up that did not answer.
    pub async fn discard(&self, lost: &Arc<ReadConnection>) {
        let mut held = self.connection.lock().await;
        if held.as_ref().is_some_and(|connection| Arc::ptr_eq(connection, lost)) {
            *held = None;
        }
    }
}
