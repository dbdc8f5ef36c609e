//! What is kept for a while only is removed when the while is over.

use crate::database::Client;

/// How long a token is known after its session's end, and a refused registration after it was refused: for as long as
/// a client may send a command again.
const TIDY: [&str; 8] = [
    "delete from session_secret where ended_at < clock_timestamp() - interval '1 day'",
    "delete from remembered_refusal where at < clock_timestamp() - interval '1 day'",
    "delete from enrolment_refusal where at < clock_timestamp() - interval '1 day'",
    "delete from enrolment where expires_at < clock_timestamp() - interval '1 day'",
    "delete from waiting_login where renewed_at < clock_timestamp() - interval '1 minute'",
    "delete from instance_lease l where l.heartbeat_at < clock_timestamp() - interval '1 minute'
        and not exists (select from instance i where i.id = l.instance_id and i.state not in ('lost', 'terminated'))",
    // Where nobody publishes metrics any more, nobody takes them.
    "delete from login_wait where minute < clock_timestamp() - interval '1 day'",
    // A session without presence would never expire.
    "insert into presence (session_id) select s.id from session s
        where not exists (select from presence p where p.session_id = s.id) on conflict do nothing",
];

/// Removes what nobody will ask for any more, and what is left of keys that were destroyed.
///
/// # Errors
/// The database's.
pub async fn tidy(client: &Client) -> Result<(), tokio_postgres::Error> {
    for sql in TIDY {
        client.execute(sql, &[]).await?;
    }
    let destroyed = include_str!("../../sql/operational/has_destroyed_keys.sql");
    if client.query_one(destroyed, &[]).await?.get(0) {
        // Until then their bytes are still in the table's file.
        client
            .batch_execute("vacuum (skip_locked) tenfold_keys.account")
            .await?;
    }
    Ok(())
}
