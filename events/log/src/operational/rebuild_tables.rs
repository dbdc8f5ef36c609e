//! The tables of a rebuild under way, and what is left of one that was killed.

use crate::database::Client;

use crate::database::DatabaseError;
use crate::projection::Table;
use crate::{locks, names};

/// Where the new tables are until they change places with the live ones.
pub const SHADOW: &str = names::SHADOW_SCHEMA;
/// Where the old tables are from then on until they are dropped.
pub const RETIRED: &str = names::RETIRED_SCHEMA;

/// Takes the lock that one rebuild at a time holds, as long as the connection lives; whether it was free.
pub async fn take_lock(client: &Client) -> Result<bool, DatabaseError> {
    Ok(client
        .query_one("select pg_try_advisory_lock($1)", &[&locks::REBUILD])
        .await?
        .get(0))
}

/// Lets go of the lock before the connection ends, so that the next rebuild finds it free at once.
pub async fn release_lock(client: &Client) -> Result<(), DatabaseError> {
    let unlock = "select pg_advisory_unlock($1)";
    client.execute(unlock, &[&locks::REBUILD]).await?;
    Ok(())
}

/// Drops the shadow tables and those that were live before. Each in a transaction of its own: whoever was waiting for
/// several of those that were live is about to let go of them and turn to the new ones, and must not be met holding
/// one while it wants another.
pub async fn drop_all(client: &tokio_postgres::Client) -> Result<(), DatabaseError> {
    client
        .batch_execute("rollback; set client_min_messages = warning")
        .await?;
    for schema in [SHADOW, RETIRED] {
        for table in Table::all() {
            client
                .batch_execute(&format!("drop table if exists {schema}.{}", table.name))
                .await?;
        }
        client
            .batch_execute(&format!("drop schema if exists {schema} cascade"))
            .await?;
    }
    Ok(())
}

/// Removes what a rebuild left behind that was killed, where none is under way. Old projections are among it, with names
/// and texts of people who may be deleted by now.
pub async fn tidy_after_a_crash(client: &Client) -> Result<(), DatabaseError> {
    let left = "select exists (select from pg_namespace where nspname = any($1))";
    let is_left: bool = client.query_one(left, &[&[SHADOW, RETIRED].as_slice()]).await?.get(0);
    if !is_left || !take_lock(client).await? {
        return Ok(());
    }
    let dropped = drop_all(client).await;
    release_lock(client).await?;
    dropped
}
