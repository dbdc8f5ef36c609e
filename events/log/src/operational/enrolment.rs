//! Tokens with which machines that were launched elsewhere ask for what they need. Only their hashes are kept.

use std::time::Duration;

use crate::database::Client;
use tenfold_core::ids::InstanceId;

/// What is known of a token that somebody shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStatus {
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
pub async fn give_out(
    client: &Client,
    token_hash: &[u8],
    instance: InstanceId,
    valid: Duration,
) -> Result<(), tokio_postgres::Error> {
    let sql = include_str!("../../sql/operational/give_out_token.sql");
    let valid = valid.as_secs_f64();
    client.execute(sql, &[&token_hash, &instance.0, &valid]).await.map(drop)
}

/// Whether a token may be used.
pub async fn token_status(
    client: &Client,
    token_hash: &[u8],
    instance: InstanceId,
) -> Result<TokenStatus, tokio_postgres::Error> {
    let sql = include_str!("../../sql/operational/token_status.sql");
    let Some(row) = client.query_opt(sql, &[&token_hash, &instance.0]).await? else {
        return Ok(TokenStatus::Unknown);
    };
    let (used, late): (bool, bool) = (row.try_get(0)?, row.try_get(1)?);
    Ok(match (used, late) {
        (true, _) => TokenStatus::Used,
        (false, true) => TokenStatus::Late,
        (false, false) => TokenStatus::Good,
    })
}

/// Uses a token; answers whether it could be used. Of several at once, one can.
pub async fn redeem(client: &Client, token_hash: &[u8], instance: InstanceId) -> Result<bool, tokio_postgres::Error> {
    let sql = include_str!("../../sql/operational/redeem_token.sql");
    let redeemed = client.execute(sql, &[&token_hash, &instance.0]).await?;
    Ok(redeemed == 1)
}

/// Counts an exchange that was refused. No more than a hundred a minute are: whoever knocks must not fill the database.
pub async fn count_refusal(client: &Client, reason: &str) -> Result<(), tokio_postgres::Error> {
    let sql = include_str!("../../sql/operational/count_refused_enrolment.sql");
    client.execute(sql, &[&reason]).await.map(drop)
}
