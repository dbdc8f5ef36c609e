//! What of the log has been published as metrics, and the one call that may or may not have been made.

use std::time::Duration;

use tenfold_core::ids::Position;
use tokio_postgres::{Client, GenericClient};

/// The second half of the key of the lock that the publisher holds; the first is the login servers'.
const PUBLISHES: i32 = 3;
const LOGIN_SERVERS: i32 = 0x7e4f_010e;

/// How far the publishing has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// All that happened to instances up to here has arrived.
    pub position: Position,
    /// A call that is not known to have arrived.
    pub call: Option<Call>,
}

/// A call, to the letter.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Its data, as the publisher writes them.
    pub data: serde_json::Value,
    /// All that happened to instances up to here has arrived when the call has.
    pub position: Position,
    /// How long ago it was made, by the database's clock; nothing where it is certain that it did not arrive.
    pub attempted: Option<Duration>,
}

/// A login's wait for a seat, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The minute in which it was over, by its beginning in seconds since 1970.
    pub minute: i64,
    /// How long it took.
    pub milliseconds: i32,
    /// How many took so long.
    pub count: i32,
}

/// Takes the right to publish, where nobody has it. It lasts as long as the connection.
///
/// # Errors
/// The database's, as of all these.
pub async fn take_right(client: &Client) -> Result<bool, tokio_postgres::Error> {
    let sql = "select pg_try_advisory_lock($1, $2)";
    client.query_one(sql, &[&LOGIN_SERVERS, &PUBLISHES]).await?.try_get(0)
}

/// How far it has come.
///
/// # Errors
/// The database's.
pub async fn published(client: &Client) -> Result<Published, tokio_postgres::Error> {
    let sql = "select position, call::text, call_position,
                      extract(epoch from clock_timestamp() - attempted_at)::float8 from published";
    let row = client.query_one(sql, &[]).await?;
    let position = Position(row.try_get(0)?);
    let text: Option<String> = row.try_get(1)?;
    let attempted: Option<f64> = row.try_get(3)?;
    let call_position: Option<i64> = row.try_get(2)?;
    let call = text.map(|text| Call {
        data: serde_json::from_str(&text).unwrap_or_default(),
        position: call_position.map_or(position, Position),
        // A clock that was set back since shows no time at all, and so more patience, not less.
        attempted: attempted.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()),
    });
    Ok(Published { position, call })
}

/// Writes down that the call with `data` is being made. The waits that are in it are not to be told again.
///
/// # Errors
/// The database's.
pub async fn intend(
    client: &mut Client,
    data: &serde_json::Value,
    position: Position,
    waits: &[Wait],
) -> Result<(), tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    let sql = "update published set call = $1::text::json, call_position = $2, attempted_at = clock_timestamp()";
    transaction.execute(sql, &[&data.to_string(), &position.0]).await?;
    tell_waits(&transaction, waits).await?;
    transaction.commit().await
}

/// Writes down that the call which stands there is being made again.
///
/// # Errors
/// The database's.
pub async fn attempt_again(client: &Client) -> Result<(), tokio_postgres::Error> {
    let sql = "update published set attempted_at = clock_timestamp()";
    client.execute(sql, &[]).await.map(drop)
}

/// Writes down that the call has certainly not arrived.
///
/// # Errors
/// The database's.
pub async fn has_not_arrived(client: &Client) -> Result<(), tokio_postgres::Error> {
    client
        .execute("update published set attempted_at = null", &[])
        .await
        .map(drop)
}

/// Writes down that the call has arrived, or is given up.
///
/// # Errors
/// The database's.
pub async fn settle(client: &Client, position: Position) -> Result<(), tokio_postgres::Error> {
    let sql = "update published set position = $1, call = null, call_position = null, attempted_at = null";
    client.execute(sql, &[&position.0]).await.map(drop)
}

/// Adds waits to those that are to be told.
///
/// # Errors
/// The database's.
pub async fn add_waits(client: &Client, waits: &[Wait]) -> Result<(), tokio_postgres::Error> {
    let sql = "insert into login_wait (minute, milliseconds, count)
               select to_timestamp(t.minute), t.milliseconds, t.count
                 from unnest($1::bigint[], $2::integer[], $3::integer[]) as t(minute, milliseconds, count)
               on conflict (minute, milliseconds) do update set count = login_wait.count + excluded.count";
    let (minutes, milliseconds, counts) = columns(waits);
    client.execute(sql, &[&minutes, &milliseconds, &counts]).await.map(drop)
}

/// Waits that are to be told, the oldest first; at most `limit` rows of them.
///
/// # Errors
/// The database's.
pub async fn waits(client: &Client, limit: i64) -> Result<Vec<Wait>, tokio_postgres::Error> {
    let sql = "select extract(epoch from minute)::bigint, milliseconds, count - told from login_wait where count > told
                order by minute, milliseconds limit $1";
    let rows = client.query(sql, &[&limit]).await?;
    let wait = |row: &tokio_postgres::Row| {
        Ok(Wait {
            minute: row.try_get(0)?,
            milliseconds: row.try_get(1)?,
            count: row.try_get(2)?,
        })
    };
    rows.iter().map(wait).collect()
}

/// How many waits of a minute are published or in the call.
///
/// # Errors
/// The database's.
pub async fn waits_told(client: &Client, minute: i64) -> Result<i64, tokio_postgres::Error> {
    let sql = "select coalesce(sum(told), 0) from login_wait where minute = to_timestamp($1::bigint)";
    client.query_one(sql, &[&minute]).await?.try_get(0)
}

async fn tell_waits(client: &impl GenericClient, waits: &[Wait]) -> Result<(), tokio_postgres::Error> {
    let sql = "update login_wait w set told = w.told + t.count
                 from unnest($1::bigint[], $2::integer[], $3::integer[]) as t(minute, milliseconds, count)
                where w.minute = to_timestamp(t.minute) and w.milliseconds = t.milliseconds";
    let (minutes, milliseconds, counts) = columns(waits);
    client.execute(sql, &[&minutes, &milliseconds, &counts]).await.map(drop)
}

fn columns(waits: &[Wait]) -> (Vec<i64>, Vec<i32>, Vec<i32>) {
    let minutes = waits.iter().map(|wait| wait.minute).collect();
    let milliseconds = waits.iter().map(|wait| wait.milliseconds).collect();
    (minutes, milliseconds, waits.iter().map(|wait| wait.count).collect())
}

/// How many sessions live.
///
/// # Errors
/// The database's.
pub async fn sessions(client: &Client) -> Result<i64, tokio_postgres::Error> {
    client.query_one("select count(*) from session", &[]).await?.try_get(0)
}
