//! Sandboxes: databases beside the live one, on the same server, in which a fork or a bundle lives. Each is marked as one,
//! and only what is marked is ever removed.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tenfold_log::database::Client;

use tenfold_core::escape::escaped;
use tenfold_log::database::{Database, DatabaseError, in_words};
use tenfold_log::operational::setting;
use tenfold_log::sealing::sandboxes;
use tenfold_replay::history::{History, HistoryError};

/// The value of the setting that marks a sandbox, while it is being made.
const UNFINISHED: &str = "unfinished";
/// How long Postgres may take to end what it was asked for last, before a broken-off sandbox is removed.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);
/// Postgres cuts longer names.
const LONGEST: usize = 63;

/// Why there is no such sandbox, or none is made.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Its history index.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// No name for a database.
    #[error(
        "{0:?} cannot be the name of a sandbox: write 1 to {LONGEST} small letters, digits and underscores, beginning with \
         a letter"
    )]
    Name(String),
    /// It is there already.
    #[error("the sandbox {0} exists already; give another name, or remove it first with `bin/events fork drop {0}`")]
    Exists(String),
    /// A database of that name that is none of ours.
    #[error("{0} is a database but no sandbox, so nothing is done with it; give another name")]
    NoSandbox(String),
    /// Nothing of that name.
    #[error("there is no sandbox {0}")]
    Missing(String),
    /// Postgres does not let it be made or removed.
    #[error(
        "the sandbox {name} cannot be {done} ({cause}); the user of --database needs the right to create databases, and nobody may be connected to it"
    )]
    Refused {
        /// Its name.
        name: String,
        /// Made or removed.
        done: &'static str,
        /// In Postgres' words.
        cause: String,
    },
}

impl From<tokio_postgres::Error> for SandboxError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}

/// A sandbox that is being filled.
#[derive(Debug)]
pub struct Sandbox {
    /// The live database, from where it is removed.
    live: Database,
    name: String,
    database: Database,
}

impl Sandbox {
    /// Makes an empty one with Tenfold's tables, marked as unfinished.
    ///
    /// # Errors
    /// Where the name is none or is taken, or Postgres refuses; nothing is left behind then.
    pub async fn create(live: &Database, name: &str) -> Result<Sandbox, SandboxError> {
        check(name)?;
        let client = live.connect("sandbox").await?;
        if exists(&client, name).await? {
            let sandbox = is_marked(&live.on_same_server(name)).await?;
            let name = name.to_owned();
            return Err(if sandbox {
                SandboxError::Exists(name)
            } else {
                SandboxError::NoSandbox(name)
            });
        }
        under_way().insert(name.to_owned());
        if let Err(error) = client.batch_execute(&creating(name)).await {
            under_way().remove(name);
            return Err(refused(name, "made", &error));
        }
        let sandbox = Sandbox {
            live: live.clone(),
            name: name.to_owned(),
            database: live.on_same_server(name),
        };
        match sandbox.prepare(&client).await {
            Ok(()) => Ok(sandbox),
            Err(error) => {
                sandbox.discard().await?;
                Err(error)
            }
        }
    }

    /// The comment comes first: by it a login server finds where else somebody must be forgotten.
    async fn prepare(&self, origin: &Client) -> Result<(), SandboxError> {
        let comment = sandboxes::mark(origin).await?;
        let comment = format!("comment on database \"{}\" is '{comment}'", self.name);
        origin.batch_execute(&comment).await?;
        self.database.migrate().await?;
        self.mark(UNFINISHED).await
    }

    /// Where it is.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// It is filled; `with` says from what.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn finish(&self, with: &str) -> Result<(), SandboxError> {
        self.mark(with).await?;
        under_way().remove(&self.name);
        Ok(())
    }

    async fn mark(&self, value: &str) -> Result<(), SandboxError> {
        let client = self.database.connect("sandbox").await?;
        let put = "insert into setting (name, value) values ($1, $2) on conflict (name) do update set value = $2";
        client.execute(put, &[&setting::SANDBOX, &value]).await?;
        Ok(())
    }

    /// It could not be filled: nothing of it stays.
    ///
    /// # Errors
    /// Where Postgres does not remove it.
    pub async fn discard(self) -> Result<(), SandboxError> {
        remove(&self.live, &self.name, true).await?;
        under_way().remove(&self.name);
        Ok(())
    }
}

/// Removes a sandbox, and the history index that was made of it under `home`.
///
/// # Errors
/// Where there is none of that name, what has that name is no sandbox, or somebody is connected to it; where the index cannot be removed.
pub async fn drop(live: &Database, name: &str, home: &Path) -> Result<(), SandboxError> {
    must_be_sandbox(live, name).await?;
    // The folder's name comes of what only the database knows.
    let client = live.on_same_server(name).connect("sandbox").await?;
    let folder = History::folder_of(&client, home).await?;
    std::mem::drop(client);
    remove(live, name, false).await?;
    Ok(History::remove(&folder)?)
}

/// Removes a sandbox whose making was broken off in this process; whatever else has that name is left alone.
///
/// # Errors
/// As [`drop`].
pub async fn tidy(live: &Database, name: &str) -> Result<(), SandboxError> {
    if !under_way().remove(name) {
        return Ok(());
    }
    // Postgres may still be making it, for whoever asked has gone without waiting for the answer.
    let client = live.connect("sandbox").await?;
    let busy = "select exists (select from pg_stat_activity where state = 'active' and query = $1)";
    let give_up = Instant::now() + PATIENCE;
    while client.query_one(busy, &[&creating(name)]).await?.get(0) && Instant::now() < give_up {
        tokio::time::sleep(PAUSE).await;
    }
    remove(live, name, true).await
}

/// Sandboxes that this process is making: one that is hardly begun has no mark yet.
fn under_way() -> MutexGuard<'static, BTreeSet<String>> {
    static NAMES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    NAMES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn creating(name: &str) -> String {
    format!("create database \"{name}\"")
}

/// The sandbox of that name. Whoever has been deleted from the live database since is erased from it first.
///
/// # Errors
/// Where there is none of that name, or what has that name is no sandbox.
pub async fn open(live: &Database, name: &str) -> Result<Database, SandboxError> {
    must_be_sandbox(live, name).await?;
    let database = live.on_same_server(name);
    database.check_schema().await?;
    let (of_live, of_sandbox) = (live.connect("sandbox").await?, database.connect("sandbox").await?);
    let erased = sandboxes::erased_since(&of_live, &of_sandbox).await?;
    sandboxes::forget(&of_sandbox, &erased).await?;
    Ok(database)
}

async fn must_be_sandbox(live: &Database, name: &str) -> Result<(), SandboxError> {
    check(name)?;
    let client = live.connect("sandbox").await?;
    if !exists(&client, name).await? {
        return Err(SandboxError::Missing(name.to_owned()));
    }
    if !is_marked(&live.on_same_server(name)).await? {
        return Err(SandboxError::NoSandbox(name.to_owned()));
    }
    Ok(())
}

/// What is unfinished is removed also while our own statements are still busy there.
async fn remove(live: &Database, name: &str, whoever_is_there: bool) -> Result<(), SandboxError> {
    let force = if whoever_is_there { " with (force)" } else { "" };
    let client = live.connect("sandbox").await?;
    let removed = client
        .batch_execute(&format!("drop database if exists \"{name}\"{force}"))
        .await;
    removed.map_err(|error| refused(name, "removed", &error))
}

/// Small letters, digits and underscores: the name is part of statements.
fn check(name: &str) -> Result<(), SandboxError> {
    let fits = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_';
    let begins = name.starts_with(|first: char| first.is_ascii_lowercase());
    if begins && name.len() <= LONGEST && name.chars().all(fits) {
        return Ok(());
    }
    Err(SandboxError::Name(escaped(name).into_owned()))
}

async fn exists(client: &Client, name: &str) -> Result<bool, SandboxError> {
    let select = "select exists (select from pg_database where datname = $1)";
    Ok(client.query_one(select, &[&name]).await?.get(0))
}

async fn is_marked(database: &Database) -> Result<bool, SandboxError> {
    let client = match database.connect("sandbox").await {
        Ok(client) => client,
        // It is somebody else's.
        Err(DatabaseError::Refused { .. }) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let there = "select to_regclass('setting') is not null and to_regclass('event') is not null";
    if !client.query_one(there, &[]).await?.get::<_, bool>(0) {
        return Ok(false);
    }
    Ok(setting::get(&client, setting::SANDBOX).await?.is_some())
}

fn refused(name: &str, done: &'static str, error: &tokio_postgres::Error) -> SandboxError {
    SandboxError::Refused {
        name: name.to_owned(),
        done,
        cause: in_words(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_such_that_no_statement_can_be_hidden_in_them() {
        for good in ["a", "yesterday", "what_if_2"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "2a", "A", "a-b", "a\"; drop table event", "é", &"x".repeat(64)] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
