//! Logins that wait for a seat. A row is an account that waits, whichever client it is on: the account's id is the
//! row's, so that the fleet counts an account that waits twice once, and one that has a seat by now not at all.

use tenfold_core::ids::AccountId;
use tokio_postgres::Client;
use uuid::Uuid;

/// Puts `account` in line, where it isn't, and wakes the fleet.
///
/// # Errors
/// The database's.
pub async fn enrol(client: &Client, server: Uuid, account: AccountId) -> Result<(), tokio_postgres::Error> {
    let sql = "with enrolled as (
                   insert into waiting_login (id, login_server) values ($1, $2)
                   on conflict (id) do update set login_server = excluded.login_server, renewed_at = clock_timestamp()
                   returning id)
               select pg_notify('tenfold_fleet', '') from enrolled";
    client.execute(sql, &[&account.0, &server]).await.map(drop)
}

/// Says that `waiting` still wait at `server`, and those who `left` don't.
///
/// # Errors
/// The database's.
pub async fn renew(
    client: &Client,
    server: Uuid,
    waiting: &[AccountId],
    left: &[AccountId],
) -> Result<(), tokio_postgres::Error> {
    let sql = "with gone as (delete from waiting_login where login_server = $1 and id = any ($3))
               insert into waiting_login (id, login_server) select id, $1 from unnest($2::uuid[]) as id
               on conflict (id) do update set login_server = excluded.login_server, renewed_at = clock_timestamp()";
    let ids = |accounts: &[AccountId]| -> Vec<Uuid> { accounts.iter().map(|account| account.0).collect() };
    client
        .execute(sql, &[&server, &ids(waiting), &ids(left)])
        .await
        .map(drop)
}
