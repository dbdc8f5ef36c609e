//! The shadow tables: made like the live ones, in a schema of their own.

use tokio_postgres::Client;

use super::error::RebuildError;
use super::properties::{self, Stage};
use tenfold_log::operational::rebuild_tables::{RETIRED, SHADOW, drop_all};
use tenfold_log::projection::Table;

/// Makes the shadow tables, empty and without indexes: those are made when the rows are there. What an earlier rebuild
/// left behind is dropped first. All of it belongs to the log's owner, so that its servers can remove what is left of a rebuild by another role.
pub(super) async fn create(client: &Client) -> Result<(), RebuildError> {
    drop_all(client).await?;
    properties::refuse_dependents(client).await?;
    let owner: String = client
        .query_one(include_str!("../../sql/event_owner.sql"), &[])
        .await?
        .get(0);
    let mut statements =
        format!("begin; create schema {SHADOW} authorization {owner}; create schema {RETIRED} authorization {owner};");
    for Table { name: table, .. } in Table::all() {
        statements += &format!(
            "create table {SHADOW}.{table} (like {table} including all excluding indexes excluding statistics);"
        );
    }
    client.batch_execute(&statements).await?;
    properties::carry_over(client, Stage::Create).await?;
    Ok(client.batch_execute("commit").await?)
}

/// Makes a table's keys, indexes and statistics after those of the live one.
pub(super) async fn finish(client: &Client, table: &str) -> Result<(), RebuildError> {
    let mut statements = String::new();
    for row in client
        .query(include_str!("../../sql/indexes.sql"), &[&table, &SHADOW])
        .await?
    {
        statements += row.get::<_, &str>(0);
        statements.push(';');
    }
    statements += &format!("analyze {SHADOW}.{table}");
    Ok(client.batch_execute(&statements).await?)
}
