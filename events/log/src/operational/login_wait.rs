//! How long logins waited for a seat, on their way from the login servers that measured it to the one that publishes metrics.

use crate::database::Client;
use tokio_postgres::Row;

/// How many logins waited about so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The minute in which the wait was over, by its beginning in seconds since 1970.
    pub minute: i64,
    /// How long it took.
    pub milliseconds: i32,
    /// How many took so long.
    pub count: i32,
}

/// Adds waits to those that are to be published.
pub async fn add(client: &Client, waits: &[Wait]) -> Result<(), tokio_postgres::Error> {
    let sql = "insert into login_wait (minute, milliseconds, count)
               select to_timestamp(t.minute), t.milliseconds, t.count
                 from unnest($1::bigint[], $2::integer[], $3::integer[]) as t(minute, milliseconds, count)
               on conflict (minute, milliseconds) do update set count = login_wait.count + excluded.count";
    let minutes: Vec<i64> = waits.iter().map(|wait| wait.minute).collect();
    let milliseconds: Vec<i32> = waits.iter().map(|wait| wait.milliseconds).collect();
    let counts: Vec<i32> = waits.iter().map(|wait| wait.count).collect();
    client.execute(sql, &[&minutes, &milliseconds, &counts]).await.map(drop)
}

/// Takes all waits that are to be published, the oldest first. What is taken and then not published is lost.
pub async fn take(client: &Client) -> Result<Vec<Wait>, tokio_postgres::Error> {
    let sql = "with taken as (delete from login_wait returning minute, milliseconds, count)
               select extract(epoch from minute)::bigint, milliseconds, count from taken order by 1, 2";
    let wait = |row: &Row| {
        Ok(Wait {
            minute: row.try_get(0)?,
            milliseconds: row.try_get(1)?,
            count: row.try_get(2)?,
        })
    };
    client.query(sql, &[]).await?.iter().map(wait).collect()
}
