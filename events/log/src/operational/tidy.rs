//! What is kept for a while only is removed when the while is over.

use std::time::Duration;

use crate::database::{Client, in_words};
use crate::projection::Table;

/// How long the vacuum of a table may take: it may be large.
const VACUUM: Duration = Duration::from_secs(600);

/// How long a token is known after its session's end, and a refused registration after it was refused: for as long as
/// a client may send a command again.
const TIDY: [&str; 11] = [
    "delete from session_secret where ended_at < clock_timestamp() - interval '1 day'",
    "delete from remembered_refusal where at < clock_timestamp() - interval '1 day'",
    "delete from refused_login where at < clock_timestamp() - interval '7 days'
        or account_id is not null and not exists (select from account a where a.id = account_id)",
    "delete from known_address where seen_at < clock_timestamp() - interval '90 days'
        or not exists (select from account a where a.id = account_id)",
    "delete from enrolment_refusal where at < clock_timestamp() - interval '1 day'",
    "delete from enrolment where expires_at < clock_timestamp() - interval '1 day'",
    "delete from login_server where seen_at < clock_timestamp() - interval '1 minute'",
    "delete from waiting_login where renewed_at < clock_timestamp() - interval '1 minute'",
    "delete from instance_lease l where l.heartbeat_at < clock_timestamp() - interval '1 minute'
        and not exists (select from instance i where i.id = l.instance_id and i.state not in ('lost', 'terminated'))",
    // Where nobody publishes metrics any more, nobody takes them.
    "delete from login_wait where minute < clock_timestamp() - interval '1 day'",
    // A session without presence would never expire.
    "insert into presence (session_id) select s.id from session s
        where not exists (select from presence p where p.session_id = s.id) on conflict do nothing",
];

/// Removes what nobody will ask for any more, and what is left of keys that were destroyed, of names and of texts.
///
/// # Errors
/// The database's.
pub async fn tidy(client: &Client) -> Result<(), tokio_postgres::Error> {
    for sql in TIDY {
        client.execute(sql, &[]).await?;
    }
    let erased = include_str!("../../sql/operational/erased_from.sql");
    let tables: Vec<&str> = Table::names_with_personal().collect();
    for row in client.query(erased, &[&tables]).await? {
        vacuum(client, row.get(0)).await;
    }
    Ok(())
}

/// Takes what was deleted out of the table, and its words out of the planner's statistics: until then they are still in the files. Where that
/// cannot be now, it is left for the next time.
pub(crate) async fn vacuum(client: &Client, table: &str) {
    let vacuum = format!("vacuum (analyze, skip_locked) {table}");
    if let Err(error) = client.batch_execute_within(VACUUM, &vacuum).await {
        tracing::debug!(error = %in_words(&error), table, "what was deleted was not vacuumed");
    }
}
