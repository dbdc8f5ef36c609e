//! The append connection: its settings and its prepared statements.

use std::sync::Arc;

use futures_util::future::try_join_all;
use tokio_postgres::Statement;
use tokio_postgres::types::Type;

use crate::database::{Client, Database, DatabaseError};
use crate::integrity::LogKey;
use crate::operational::identity;
use crate::projection::{Column, Table};

/// A frozen program must hold neither rows nor readers for long; a lock is held for milliseconds, so who waits for
/// seconds waits for something broken. Plans are made once and kept, and all go along indexes: one that was made while
/// the tables were small would scan and hash them.
const SETTINGS: &str = include_str!("../../sql/append/settings.sql");

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident: $file:literal [$($type:expr),*]),* $(,)?) => {
        /// The statements of the append path, prepared.
        pub(super) struct Statements {
            $($(#[$doc])* pub $name: Statement,)*
            /// What writes each projection, in the order of their list.
            pub projections: Vec<ProjectionStatements>,
        }

        impl Statements {
            async fn prepare(client: &Client) -> Result<Statements, tokio_postgres::Error> {
                // Pipelined: one round trip for all of them.
                $(let $name = client.prepare_typed(
                    include_str!(concat!("../../sql/append/", $file)), &[$($type),*]);)*
                let projections = try_join_all(Table::all().map(|table| ProjectionStatements::prepare(client, table)));
                let ($($name,)* projections,) = tokio::try_join!($($name,)* projections)?;
                Ok(Statements { $($name,)* projections })
            }
        }
    };
}

statements! {
    begin: "begin.sql" [],
    commit: "commit.sql" [],
    rollback: "rollback.sql" [],
    lock_keys: "lock_keys.sql" [Type::INT8_ARRAY, Type::BOOL_ARRAY],
    people: "people.sql" [Type::UUID_ARRAY, Type::TEXT_ARRAY, Type::TEXT_ARRAY],
    pairs: "pairs.sql" [Type::UUID_ARRAY, Type::TEXT_ARRAY],
    groups: "groups.sql" [Type::TEXT_ARRAY, Type::UUID_ARRAY, Type::TEXT_ARRAY, Type::TEXT_ARRAY],
    fleet: "fleet.sql" [Type::BOOL, Type::UUID_ARRAY],
    repeated: "repeated.sql" [Type::UUID_ARRAY],
    remembered_refusals: "remembered_refusals.sql" [Type::UUID_ARRAY],
    append: "append.sql" [
        Type::UUID_ARRAY, Type::UUID_ARRAY, Type::INT8_ARRAY, Type::TEXT_ARRAY, Type::INT2_ARRAY, Type::UUID_ARRAY,
        Type::INT2_ARRAY, Type::INT8_ARRAY, Type::UUID_ARRAY, Type::UUID_ARRAY, Type::TEXT_ARRAY, Type::BYTEA_ARRAY,
        Type::BYTEA_ARRAY, Type::INT4_ARRAY, Type::UUID_ARRAY, Type::TEXT_ARRAY],
    append_one: "append_one.sql" [
        Type::UUID, Type::UUID, Type::INT8, Type::TEXT, Type::INT2, Type::UUID, Type::INT2, Type::INT8, Type::UUID,
        Type::UUID, Type::TEXT, Type::BYTEA, Type::BYTEA, Type::TEXT],
    put_password: "put_password.sql" [Type::UUID, Type::TEXT],
    put_secret: "put_secret.sql" [Type::UUID, Type::UUID, Type::BYTEA],
    put_presence: "put_presence.sql" [Type::UUID_ARRAY],
    forget_sessions: "forget_sessions.sql" [Type::UUID_ARRAY],
    forget_passwords: "forget_passwords.sql" [Type::UUID_ARRAY],
    put_keys: "put_keys.sql" [Type::UUID_ARRAY, Type::BYTEA_ARRAY],
    destroy_keys: "destroy_keys.sql" [Type::UUID_ARRAY],
    remember_refusal: "remember_refusal.sql" [Type::UUID, Type::INT8, Type::TEXT],
}

/// What writes the rows of one projection.
pub(super) struct ProjectionStatements {
    /// Puts rows, one array a column; none where they are written with their events.
    pub put: Option<Statement>,
    /// Removes rows by their keys, one array a column of the key.
    pub remove: Statement,
    /// Removes the rows that go with some accounts; none where rows go with no account.
    pub remove_all_of: Option<Statement>,
}

impl ProjectionStatements {
    async fn prepare(client: &Client, table: Table) -> Result<ProjectionStatements, tokio_postgres::Error> {
        let columns: Vec<Type> = table.columns.iter().map(Column::array_type).collect();
        let key: Vec<Type> = table.key_columns().map(Column::array_type).collect();
        let remove = table.remove(None);
        let (put, remove, remove_all_of) = tokio::try_join!(
            prepare_if(client, table.put(), &columns),
            client.prepare_typed(&remove, &key),
            prepare_if(client, table.remove_all_of(None), &[Type::UUID_ARRAY]),
        )?;
        Ok(ProjectionStatements {
            put,
            remove,
            remove_all_of,
        })
    }
}

async fn prepare_if(
    client: &Client,
    statement: Option<String>,
    types: &[Type],
) -> Result<Option<Statement>, tokio_postgres::Error> {
    match statement {
        Some(statement) => client.prepare_typed(&statement, types).await.map(Some),
        None => Ok(None),
    }
}

/// A connection with its statements.
pub(super) struct AppendConnection {
    pub client: Client,
    pub statements: Statements,
    /// Makes MACs; none without a master key.
    pub log_key: Option<Arc<LogKey>>,
}

impl AppendConnection {
    pub async fn open(database: &Database) -> Result<AppendConnection, DatabaseError> {
        let client = database.connect("append").await?;
        let (set, statements) = tokio::join!(client.batch_execute(SETTINGS), Statements::prepare(&client));
        set?;
        let statements = statements?;
        identity::settle_positions(&client).await?;
        let log_key = LogKey::of(&client).map(Arc::new);
        Ok(AppendConnection {
            client,
            statements,
            log_key,
        })
    }
}
