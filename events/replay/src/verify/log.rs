//! Whether the log itself is whole. A fold cannot tell: it makes of a damaged log whatever follows from it.

use tenfold_core::facts::Facts;
use tenfold_core::ids::Position;
use tenfold_log::database::{Client, DatabaseError};
use tenfold_log::integrity::{Finding, Pace, scan};
use tenfold_log::operational::setting;

use crate::collision;

/// What shows that events are missing, altered or forged, or that two histories were written into the log, in order. A fork was edited on
/// purpose, so that nothing is asked of it. `folded` is what the log makes.
///
/// # Errors
/// Where the database fails.
pub(super) async fn findings(client: &Client, folded: &Facts) -> Result<Vec<String>, DatabaseError> {
    if setting::get(client, setting::SANDBOX).await?.is_some() {
        return Ok(Vec::new());
    }
    let mut findings = scan(client, Pace::Full).await?;
    findings.extend(rows_without_event(client).await?);
    findings.sort_by_key(|finding| finding.position);
    let collisions = collision::find(folded).into_iter();
    Ok(findings.iter().map(Finding::to_string).chain(collisions).collect())
}

async fn rows_without_event(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    let rows = client
        .query(include_str!("../../sql/rows_without_event.sql"), &[])
        .await?;
    let finding = |row: &tokio_postgres::Row| Finding {
        position: Position(row.get(0)),
        what: format!("the event that made a row of {} is missing", row.get::<_, &str>(1)),
        may_make_rows: true,
    };
    Ok(rows.iter().map(finding).collect())
}
