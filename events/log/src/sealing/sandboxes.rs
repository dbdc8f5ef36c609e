//! Erasure in sandboxes: databases beside the live one that hold copies of its log, with the keys. Whoever is deleted is
//! forgotten there by the login server at once, or, where that cannot be, before anybody looks into the sandbox again.
//! Neither needs the master key: keys go, and placeholders take the place of what stands in plain text.

use uuid::Uuid;

use super::keys::erased;
use crate::database::{Client, Database, DatabaseError};
use crate::operational::tidy;
use crate::projection::Table;

/// What the comment on a sandbox says, followed by the number of the live database. Comments on databases can be read
/// without connecting to them.
const MARK: &str = "Tenfold sandbox of database ";
/// How many accounts are asked for at once.
const CHUNK: usize = 10_000;

/// The comment for a sandbox that is made from the database behind `origin`.
///
/// # Errors
/// Where the database fails.
pub async fn mark(origin: &Client) -> Result<String, DatabaseError> {
    let select = include_str!("../../sql/sealing/mark_sandbox.sql");
    Ok(origin.query_one(select, &[&MARK]).await?.get(0))
}

/// The names of the sandboxes that are marked as those of the database behind `live`.
///
/// # Errors
/// Where the database fails.
pub async fn all(live: &Client) -> Result<Vec<String>, DatabaseError> {
    let select = include_str!("../../sql/sealing/sandboxes.sql");
    let rows = live.query(select, &[&MARK]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Forgets an account that was deleted from `live`, in all its sandboxes. What cannot be done now is done when such a
/// sandbox is looked into.
pub async fn forget_everywhere(live: &Database, account: Uuid) {
    let names = match live.connect("sandbox").await {
        Ok(client) => all(&client).await,
        Err(error) => Err(error),
    };
    let names = names.unwrap_or_else(|error| {
        tracing::warn!(%error, "sandboxes were not looked for after an account was deleted");
        Vec::new()
    });
    for name in names {
        let sandbox = live.on_same_server(&name);
        let forgotten = async { forget(&sandbox.connect("sandbox").await?, &[account]).await };
        if let Err(error) = forgotten.await {
            tracing::warn!(%error, name, "a deleted account is not forgotten in a sandbox yet: `bin/events --sandbox` does it");
        }
    }
}

/// Whoever may be told of in the sandbox and is forgotten in the live database by now.
///
/// # Errors
/// Where a database fails.
pub async fn erased_since(live: &Client, sandbox: &Client) -> Result<Vec<Uuid>, DatabaseError> {
    let rows = sandbox
        .query(include_str!("../../sql/sealing/may_be_erased.sql"), &[])
        .await?;
    let mut gone = Vec::new();
    for chunk in rows.chunks(CHUNK) {
        let ids: Vec<Uuid> = chunk.iter().map(|row| row.get(0)).collect();
        let had_key: Vec<bool> = chunk.iter().map(|row| row.get(1)).collect();
        let select = include_str!("../../sql/sealing/erased_since.sql");
        let erased = live.query(select, &[&ids, &had_key]).await?;
        gone.extend(erased.iter().map(|row| row.get::<_, Uuid>(0)));
    }
    Ok(gone)
}

/// Destroys their keys in the sandbox, and puts into its projections what a fold makes of their events from now on. What
/// was put in for them in plain text goes, too.
///
/// # Errors
/// Where the database fails; nothing is changed then.
pub async fn forget(sandbox: &Client, accounts: &[Uuid]) -> Result<(), DatabaseError> {
    sandbox.batch_execute("begin").await?;
    match forget_in_transaction(sandbox, accounts).await {
        Ok(0) => sandbox.batch_execute("rollback").await?,
        Ok(_) => {
            sandbox.batch_execute("commit").await?;
            vacuum(sandbox).await;
        }
        Err(error) => {
            // Where the connection is gone, so is the transaction.
            let _ = sandbox.batch_execute("rollback").await;
            return Err(error);
        }
    }
    Ok(())
}

async fn forget_in_transaction(sandbox: &Client, accounts: &[Uuid]) -> Result<u64, DatabaseError> {
    let mut changed = 0;
    for statement in [
        "delete from tenfold_keys.account where account_id = any($1)",
        "update event set personal = null where stream = any($1) and personal is not null",
    ] {
        changed += sandbox.execute(statement, &[&accounts]).await?;
    }
    let placeholders: Vec<String> = accounts.iter().map(|account| erased(*account)).collect();
    for statement in Table::all().filter_map(|table| table.erase_all_of()) {
        changed += sandbox.execute(&statement, &[&accounts, &placeholders]).await?;
    }
    Ok(changed)
}

/// Takes what is not wanted any more out of tables, indexes and statistics; see the README for what stays in their files.
async fn vacuum(sandbox: &Client) {
    for table in Table::names_with_personal().chain(["tenfold_keys.account", "event"]) {
        tidy::vacuum(sandbox, table).await;
    }
}
