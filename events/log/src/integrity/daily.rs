//! One of all login servers looks once a day whether the log is whole.

use std::time::Duration;

use tokio_postgres::Client;

use crate::database::DatabaseError;
use crate::operational::setting;

/// Whether nobody has looked for so long; then it is for who asked to do, and nobody else is told so.
///
/// # Errors
/// The database's.
pub async fn is_due(client: &Client, every: Duration) -> Result<bool, DatabaseError> {
    let claim = include_str!("../../sql/integrity/claim_daily.sql");
    let seconds = i64::try_from(every.as_secs()).unwrap_or(i64::MAX);
    let claimed = client.query_opt(claim, &[&setting::LOG_CHECKED, &seconds]).await?;
    Ok(claimed.is_some())
}
