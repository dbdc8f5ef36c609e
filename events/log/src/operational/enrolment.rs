//! Tokens with which machines that were launched elsewhere ask for what they need. Only their hashes are kept.

use std::time::Duration;

use tenfold_core::ids::InstanceId;
use tokio_postgres::Client;

/// What is known of a token that somebody shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was never given out, or for another instance.
    Unknown,
    /// It has been used.
    Used,
    /// Its time is over, or the instance that it was for is over.
    Late,
    /// It may be used, once.
    Good,
}

/// Gives out a token that holds for so long.
///
/// # Errors
/// The database's.
pub async fn give_out(
    client: &Client,
    token_hash: &[u8],
    instance: InstanceId,
    valid: Duration,
) -> Result<(), tokio_postgres::Error> {
    let sql = "insert into enrolment (token_hash, instance_id, expires_at)
               values ($1, $2, clock_timestamp() + make_interval(secs => $3))";
    let valid = valid.as_secs_f64();
    client.execute(sql, &[&token_hash, &instance.0, &valid]).await.map(drop)
}

/// How a token stands.
///
/// # Errors
/// The database's.
pub async fn standing(
    client: &Client,
    token_hash: &[u8],
    instance: InstanceId,
) -> Result<Standing, tokio_postgres::Error> {
    let sql = "select e.used_at is not null,
                      e.expires_at <= clock_timestamp()
                      or exists (select from instance i where i.id = e.instance_id and i.state in ('lost', 'terminated'))
                 from enrolment e where e.token_hash = $1 and e.instance_id = $2";
    let Some(row) = client.query_opt(sql, &[&token_hash, &instance.0]).await? else {
        return Ok(Standing::Unknown);
    };
    let (used, late): (bool, bool) = (row.try_get(0)?, row.try_get(1)?);
    Ok(match (used, late) {
        (true, _) => Standing::Used,
        (false, true) => Standing::Late,
        (false, false) => Standing::Good,
    })
}

/// Uses a token; answers whether it could be used. Of several at once, one can.
///
/// # Errors
/// The database's.
pub async fn redeem(client: &Client, token_hash: &[u8], instance: InstanceId) -> Result<bool, tokio_postgres::Error> {
    let sql = "update enrolment set used_at = clock_timestamp()
                where token_hash = $1 and instance_id = $2 and used_at is null and expires_at > clock_timestamp()";
    let redeemed = client.execute(sql, &[&token_hash, &instance.0]).await?;
    Ok(redeemed == 1)
}

/// Counts an exchange that was refused. No more than a hundred a minute are: whoever knocks must not fill the database.
///
/// # Errors
/// The database's.
pub async fn count_refusal(client: &Client, reason: &str) -> Result<(), tokio_postgres::Error> {
    let sql = "insert into enrolment_refusal (reason) select $1
                where (select count(*) from enrolment_refusal
                        where at > clock_timestamp() - interval '1 minute') < 100";
    client.execute(sql, &[&reason]).await.map(drop)
}
