//! Whether the log itself is whole. A fold cannot tell: it makes of a damaged log whatever follows from it.

use tenfold_core::ids::Position;
use tenfold_log::database::{Client, DatabaseError};
use tenfold_log::operational::setting;

/// What shows that events are missing, altered or forged, in words; at most a hundred of them. A fork was edited on purpose, so that
/// nothing is asked of it.
///
/// # Errors
/// Where the database fails.
pub(super) async fn findings(client: &Client) -> Result<Vec<String>, DatabaseError> {
    if setting::get(client, setting::SANDBOX).await?.is_some() {
        return Ok(Vec::new());
    }
    let rows = client.query(include_str!("../../sql/log_faults.sql"), &[]).await?;
    let sentence = |row: &tokio_postgres::Row| format!("position {}: {}", Position(row.get(0)), row.get::<_, &str>(1));
    Ok(rows.iter().map(sentence).collect())
}
