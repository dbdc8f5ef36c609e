//! From where an account's own person has come before.

use uuid::Uuid;

use crate::database::Client;

/// Notes that the password was right from there.
///
/// # Errors
/// The database's.
pub async fn note(client: &Client, account: Uuid, address: &str) -> Result<(), tokio_postgres::Error> {
    let sql = "insert into known_address (account_id, address) values ($1, $2)
               on conflict (account_id, address) do update set seen_at = excluded.seen_at
                     where known_address.seen_at < excluded.seen_at - interval '1 day'";
    client.execute(sql, &[&account, &address]).await.map(drop)
}

/// Whether it was.
///
/// # Errors
/// The database's.
pub async fn is_known(client: &Client, account: Uuid, address: &str) -> Result<bool, tokio_postgres::Error> {
    let sql = "select exists (select from known_address where account_id = $1 and address = $2)";
    client.query_one(sql, &[&account, &address]).await?.try_get(0)
}
