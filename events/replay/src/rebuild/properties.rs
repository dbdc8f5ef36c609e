//! What the live tables have beside their rows: it is carried over to the new ones, or refused before anything is made. A rebuild takes nothing
//! from anybody without a word.

use tenfold_log::operational::rebuild_tables::SHADOW;
use tenfold_log::projection::Table;
use tokio_postgres::Client;

use super::error::RebuildError;

/// When properties are carried over: first to find out whether they can be, then as they are by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The shadow tables are empty and have no indexes yet.
    Create,
    /// They are about to take the place of the live ones.
    Swap,
}

/// Views, triggers, foreign keys, policies, publications and all else that hangs on a live table would follow it out, or break.
pub(super) async fn refuse_dependents(client: &Client) -> Result<(), RebuildError> {
    let of_table = |table: Table| {
        let columns = table.columns.iter();
        columns.map(move |column| format!("{}.{}", table.name, column.name))
    };
    let columns: Vec<String> = Table::all().flat_map(of_table).collect();
    let select = include_str!("../../sql/dependents.sql");
    let rows = client.query(select, &[&names(), &columns]).await?;
    if rows.is_empty() {
        return Ok(());
    }
    Err(RebuildError::Dependents(rows.iter().map(|row| row.get(0)).collect()))
}

/// Gives the shadow tables the owner, the rights and all other properties of the live ones.
pub(super) async fn carry_over(client: &Client, stage: Stage) -> Result<(), RebuildError> {
    let select = include_str!("../../sql/properties.sql");
    let rows = client
        .query(select, &[&names(), &SHADOW, &(stage == Stage::Swap)])
        .await?;
    let statements: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    Ok(client.batch_execute(&statements.join(";")).await?)
}

fn names() -> Vec<&'static str> {
    Table::all().map(|table| table.name).collect()
}
