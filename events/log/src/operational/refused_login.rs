//! Logins that were refused, as an engineer on call asks for them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::database::Client;

/// Why a login was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Nobody is called so.
    Name,
    /// The password is another one.
    Password,
    /// Every seat was taken, and no server could be had.
    NoServer,
    /// Too many failed before.
    TooOften,
}

impl Reason {
    const ALL: [Reason; 4] = [Reason::Name, Reason::Password, Reason::NoServer, Reason::TooOften];

    /// As it is stored and shown.
    pub fn words(self) -> &'static str {
        match self {
            Reason::Name => "unknown name",
            Reason::Password => "wrong password",
            Reason::NoServer => "no server is free",
            Reason::TooOften => "too many failed before",
        }
    }
}

/// What refused logins have in common that are kept as one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// Whose; none where nobody is called so.
    pub account: Option<Uuid>,
    /// From where; none where there were too many to keep apart.
    pub address: Option<String>,
    /// Why.
    pub reason: Reason,
}

/// Some refused logins of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedLogins {
    /// When they were kept, within a second.
    pub at: DateTime<Utc>,
    /// What they have in common.
    pub kind: Kind,
    /// How many.
    pub times: i32,
}

/// Keeps them, how many there were of each kind.
///
/// # Errors
/// The database's; none is kept then.
pub async fn keep(client: &Client, counts: &BTreeMap<Kind, i32>) -> Result<(), tokio_postgres::Error> {
    let sql = "insert into refused_login (account_id, address, reason, times) \
               select * from unnest($1::uuid[], $2::text[], $3::text[], $4::integer[])";
    let accounts: Vec<Option<Uuid>> = counts.keys().map(|kind| kind.account).collect();
    let addresses: Vec<Option<&str>> = counts.keys().map(|kind| kind.address.as_deref()).collect();
    let reasons: Vec<&str> = counts.keys().map(|kind| kind.reason.words()).collect();
    let times: Vec<i32> = counts.values().copied().collect();
    client
        .execute(sql, &[&accounts, &addresses, &reasons, &times])
        .await
        .map(drop)
}

/// The newest `most` since `from`, the oldest of them first; those of one account where it is given.
///
/// # Errors
/// The database's.
pub async fn list(
    client: &Client,
    account: Option<Uuid>,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    most: i64,
) -> Result<Vec<RefusedLogins>, tokio_postgres::Error> {
    let sql = "select at, account_id, address, reason, times from refused_login \
                where ($1::uuid is null or account_id = $1) and at between $2 and $3 order by at desc limit $4";
    let rows = client.query(sql, &[&account, &from, &to, &most]).await?;
    let refused = rows.iter().rev().filter_map(|row| {
        let reason = Reason::ALL
            .into_iter()
            .find(|reason| reason.words() == row.get::<_, &str>(3))?;
        Some(RefusedLogins {
            at: row.get(0),
            kind: Kind {
                account: row.get(1),
                address: row.get(2),
                reason,
            },
            times: row.get(4),
        })
    });
    Ok(refused.collect())
}
