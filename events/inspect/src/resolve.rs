//! Resolves names and ids: an account's name may have belonged to several accounts over time, a group's never changes, and an
//! application server is found by a part of its id.

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use tenfold_core::ids::{AccountId, GroupId, InstanceId, Position};
use tenfold_log::database::Client;
use uuid::Uuid;

use crate::clock::Clock;
use crate::names::short;
use crate::near::did_you_mean;
use crate::raw_event::{COLUMNS, RawEvent};
use tenfold_core::escape::escaped;
use tenfold_log::database::DatabaseError;
use tenfold_log::sealing::{self, LockedError, SEALED};

/// The fewest digits of an id by which something is found.
const FEWEST_DIGITS: usize = 4;

/// An account from its registration to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// Its id.
    pub id: AccountId,
    /// What it is or was called.
    pub name: String,
    /// Where it was registered, and when.
    pub registered: (Position, DateTime<Utc>),
    /// Where and when it was deleted, if it was.
    pub deleted: Option<(Position, DateTime<Utc>)>,
}

/// Why nobody is meant.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Nobody's name can be read.
    #[error(transparent)]
    Locked(#[from] LockedError),
    /// No account.
    #[error(
        "nobody has ever been called {0} (names are case-sensitive){1}: `bin/events tail --type AccountRegistered` lists everybody"
    )]
    NoAccount(String, String),
    /// No group.
    #[error("there is no group called {0}{1}: `bin/events tail --type GroupCreated` lists all groups")]
    NoGroup(String, String),
    /// No server.
    #[error(
        "no application server has an id that begins or ends with {0}; `bin/events state` lists them (at least \
         {FEWEST_DIGITS} digits are needed)"
    )]
    NoInstance(String),
    /// Several servers.
    #[error("{0} begins or ends the ids of {1} application servers: give more digits")]
    SeveralInstances(String, usize),
    /// No command.
    #[error(
        "no event was caused by a command whose id begins or ends with {0} (at least {FEWEST_DIGITS} hexadecimal digits are needed): \
         `bin/events show P` prints an event's, and a list or a login that was refused causes none"
    )]
    NoCommand(String),
    /// Several commands.
    #[error("{0} begins or ends the ids of several commands: give more digits")]
    SeveralCommands(String),
}

impl From<tokio_postgres::Error> for ResolveError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}

/// All accounts that have ever had this name (or have this id), in the order of their registration.
///
/// # Errors
/// [`ResolveError::NoAccount`] where there is none; where the database fails.
pub async fn accounts(client: &Client, word: &str) -> Result<Vec<Life>, ResolveError> {
    // What stands for a sealed name is nobody's.
    let named = |life: &Life| life.name == word && word != SEALED || is_id(life.id.0, word);
    let mut lives = all_lives(client, named).await?;
    if lives.is_empty() && sealing::is_locked(client).await? {
        return Err(LockedError.into());
    }
    if lives.is_empty() {
        let near = did_you_mean(word, account_names(client).await?);
        return Err(ResolveError::NoAccount(escaped(word).into_owned(), near));
    }
    learn_ends(client, &mut lives).await?;
    Ok(lives)
}

/// Those that are wanted of all accounts there ever were, as they began.
async fn all_lives(client: &Client, wanted: impl Fn(&Life) -> bool) -> Result<Vec<Life>, ResolveError> {
    let select = format!("select {COLUMNS} from event where kind = 'AccountRegistered' order by position");
    let none: [i64; 0] = [];
    let rows = client.query_raw(&select, none).await?;
    let mut rows = std::pin::pin!(rows);
    let mut lives = Vec::new();
    while let Some(row) = rows.try_next().await? {
        lives.extend(Life::begun(&RawEvent::of(&row, client)).filter(&wanted));
    }
    Ok(lives)
}

async fn account_names(client: &Client) -> Result<Vec<String>, ResolveError> {
    let lives = all_lives(client, |_| true).await?;
    Ok(lives.into_iter().map(|life| life.name).collect())
}

async fn group_names(client: &Client) -> Result<Vec<String>, ResolveError> {
    let rows = client.query("select name from groups", &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The users and groups whose names are near to that, as the end of a sentence.
///
/// # Errors
/// Where the database fails.
pub async fn near(client: &Client, word: &str) -> Result<String, ResolveError> {
    let names = [account_names(client).await?, group_names(client).await?].concat();
    Ok(did_you_mean(word, names))
}

async fn learn_ends(client: &Client, lives: &mut [Life]) -> Result<(), ResolveError> {
    let ids: Vec<Uuid> = lives.iter().map(|life| life.id.0).collect();
    let ends = "select stream, position, recorded_at from event where stream = any($1) and kind = 'AccountDeleted'";
    for row in client.query(ends, &[&ids]).await? {
        let stream: Uuid = row.get(0);
        for life in lives.iter_mut().filter(|life| life.id.0 == stream) {
            life.deleted = Some((Position(row.get(1)), row.get(2)));
        }
    }
    Ok(())
}

impl Life {
    fn begun(event: &RawEvent) -> Option<Life> {
        let personal: serde_json::Value = serde_json::from_str(event.personal.as_ref()?.get()).ok()?;
        Some(Life {
            id: AccountId(event.stream),
            name: personal["name"].as_str()?.to_owned(),
            registered: (event.position, event.at),
            deleted: None,
        })
    }

    /// In words, without the name: `…0a1b2c3d, registered at position 12 (…)`.
    pub fn words(&self, clock: Clock) -> String {
        let (position, at) = self.registered;
        let end = match self.deleted {
            Some((position, at)) => format!("deleted at {position} ({})", clock.shown(at)),
            None => "and lives".to_owned(),
        };
        format!(
            "{}, registered at position {position} ({}), {end}",
            short(self.id.0),
            clock.shown(at)
        )
    }
}

/// Where a name has belonged to several accounts, a sentence that tells which.
pub fn several(word: &str, lives: &[Life], clock: Clock) -> Option<String> {
    if lives.len() < 2 {
        return None;
    }
    let each: Vec<String> = lives.iter().map(|life| life.words(clock)).collect();
    Some(format!(
        "{} has been the name of {} accounts: {}",
        escaped(word),
        lives.len(),
        each.join("; ")
    ))
}

/// The group of that name or id.
///
/// # Errors
/// [`ResolveError::NoGroup`]; where the database fails.
pub async fn group(client: &Client, word: &str) -> Result<(GroupId, String), ResolveError> {
    let select = "select id, name from groups where name = $1 or id = $2";
    let id: Option<Uuid> = word.parse().ok();
    let row = client.query_opt(select, &[&word, &id]).await?;
    let Some(row) = row else {
        let near = did_you_mean(word, group_names(client).await?);
        return Err(ResolveError::NoGroup(escaped(word).into_owned(), near));
    };
    Ok((GroupId(row.get(0)), row.get(1)))
}

/// The application server whose id is, begins or ends like that.
///
/// # Errors
/// [`ResolveError::NoInstance`] or [`ResolveError::SeveralInstances`]; where the database fails.
pub async fn instance(client: &Client, word: &str) -> Result<InstanceId, ResolveError> {
    let rows = client.query("select id from instance", &[]).await?;
    let ids: Vec<Uuid> = rows
        .iter()
        .map(|row| row.get(0))
        .filter(|id| is_id(*id, word))
        .collect();
    match ids.as_slice() {
        [] => Err(ResolveError::NoInstance(escaped(word).into_owned())),
        [id] => Ok(InstanceId(*id)),
        several => Err(ResolveError::SeveralInstances(
            escaped(word).into_owned(),
            several.len(),
        )),
    }
}

/// The command whose id is, begins or ends like that, and that caused some event.
///
/// # Errors
/// [`ResolveError::NoCommand`] or [`ResolveError::SeveralCommands`]; where the database fails.
pub async fn command(client: &Client, word: &str) -> Result<Uuid, ResolveError> {
    if let Ok(whole) = word.parse() {
        return Ok(whole);
    }
    let digits = digits(word);
    let shown = || escaped(word).into_owned();
    if digits.len() < FEWEST_DIGITS || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(ResolveError::NoCommand(shown()));
    }
    let patterns = (format!("{digits}%"), format!("%{digits}"));
    let select = include_str!("../sql/command_ids.sql");
    match client.query(select, &[&patterns.0, &patterns.1]).await?.as_slice() {
        [] => Err(ResolveError::NoCommand(shown())),
        [command] => Ok(command.get(0)),
        _ => Err(ResolveError::SeveralCommands(shown())),
    }
}

fn digits(word: &str) -> String {
    word.trim_start_matches('…').replace('-', "").to_ascii_lowercase()
}

/// Whether `word` is that id, or enough of its beginning or end; also as [`short`] shows it.
pub(crate) fn is_id(id: Uuid, word: &str) -> bool {
    let digits = digits(word);
    let whole = id.simple().to_string();
    digits.len() >= FEWEST_DIGITS && (whole.starts_with(&digits) || whole.ends_with(&digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_known_by_either_end_and_as_it_is_shown() {
        let id = Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0a1b_2c3d);
        for word in ["0193", "01930000-0000", "0A1B2C3D", "…0a1b2c3d", &id.to_string()] {
            assert!(is_id(id, word), "{word}");
        }
        for word in ["", "019", "0a1b", "2c3d0", "…"] {
            assert!(!is_id(id, word), "{word}");
        }
    }
}
