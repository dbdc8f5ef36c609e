//! The keys of those whose words stand in a sandbox. A sandbox keeps what people wrote as the log does, sealed, and has
//! copies of the keys, wrapped as they are. Whoever is deleted later loses theirs there too, before anybody looks again.

use tenfold_log::database::Client;
use uuid::Uuid;

use tenfold_log::database::DatabaseError;
use tenfold_log::operational::setting;

/// How many keys go from one database to the other at once.
const CHUNK: usize = 10_000;

/// Copies all keys, and which master key they are wrapped by.
///
/// # Errors
/// Where a database fails.
pub(super) async fn copy(from: &Client, to: &Client) -> Result<(), DatabaseError> {
    let rows = from
        .query("select account_id, wrapped from tenfold_keys.account", &[])
        .await?;
    for chunk in rows.chunks(CHUNK) {
        let accounts: Vec<Uuid> = chunk.iter().map(|row| row.get(0)).collect();
        let wrapped: Vec<&[u8]> = chunk.iter().map(|row| row.get(1)).collect();
        let insert =
            "insert into tenfold_keys.account (account_id, wrapped) select * from unnest($1::uuid[], $2::bytea[])";
        to.execute(insert, &[&accounts, &wrapped]).await?;
    }
    if let Some(fingerprint) = setting::get(from, setting::MASTER_KEY).await? {
        setting::load_or_create(to, setting::MASTER_KEY, &fingerprint).await?;
    }
    Ok(())
}
