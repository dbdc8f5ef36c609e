//! Whose password is right: the hashes, by the name of a living account.

use crate::database::Client;
use tenfold_core::ids::{AccountId, CommandId, Position, SessionId};

/// What a password is verified against.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The account that has the name now.
    pub account: AccountId,
    /// Its password's hash, as a PHC string.
    pub hash: String,
}

/// The credentials of the account called `name`.
pub async fn of(client: &Client, name: &str) -> Result<Option<Credentials>, tokio_postgres::Error> {
    let sql = "select a.id, p.hash from account a join password p on p.account_id = a.id where a.name = $1";
    let row = client.query_opt(sql, &[&name]).await?;
    row.map(|row| {
        Ok(Credentials {
            account: AccountId(row.try_get(0)?),
            hash: row.try_get(1)?,
        })
    })
    .transpose()
}

/// What can be said of a registration before its password is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beforehand {
    /// Somebody has the name.
    pub is_taken: bool,
    /// A command of that id was decided before.
    pub is_repeated: bool,
}

/// Looks whether `name` is taken, and whether the command was decided before.
pub async fn beforehand(
    client: &Client,
    name: &str,
    command: Option<CommandId>,
) -> Result<Beforehand, tokio_postgres::Error> {
    let sql = include_str!("../../sql/operational/before_registration.sql");
    let row = client.query_one(sql, &[&name, &command.map(|id| id.0)]).await?;
    Ok(Beforehand {
        is_taken: row.try_get(0)?,
        is_repeated: row.try_get(1)?,
    })
}

/// From where a client that has just logged in attaches: what was acknowledged last, else the session's start; nothing
/// for a session that is over.
pub async fn attach_from(client: &Client, session: SessionId) -> Result<Option<Position>, tokio_postgres::Error> {
    let sql = include_str!("../../sql/operational/attach_from.sql");
    let row = client.query_opt(sql, &[&session.0]).await?;
    row.map(|row| row.try_get(0).map(Position)).transpose()
}
