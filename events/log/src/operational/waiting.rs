//! Logins that wait for a seat. A row is an account that waits, whichever client it is on: the account's id is the
//! row's, so that the fleet counts an account that waits twice once, and one that has a seat by now not at all.

use crate::database::Client;
use tenfold_core::ids::AccountId;
use uuid::Uuid;

/// Puts `account` in line, where it isn't, and wakes the fleet.
pub async fn enrol(client: &Client, server: Uuid, account: AccountId) -> Result<(), tokio_postgres::Error> {
    let sql = include_str!("../../sql/operational/wait_for_seat.sql");
    client.execute(sql, &[&account.0, &server]).await.map(drop)
}

/// Says that `waiting` still wait at `server`, and those who `left` don't.
pub async fn renew(
    client: &Client,
    server: Uuid,
    waiting: &[AccountId],
    left: &[AccountId],
) -> Result<(), tokio_postgres::Error> {
    let sql = include_str!("../../sql/operational/renew_waits.sql");
    let ids = |accounts: &[AccountId]| -> Vec<Uuid> { accounts.iter().map(|account| account.0).collect() };
    client
        .execute(sql, &[&server, &ids(waiting), &ids(left)])
        .await
        .map(drop)
}
