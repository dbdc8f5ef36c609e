//! Which database this is. A copy, a restored dump or a promoted standby has the same rows as another database, and yet it must
//! neither end that one's servers nor give out that one's positions a second time.

use std::path::Path;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::setting;
use crate::database::Client;
use tenfold_core::hexadecimal::hexadecimal;

/// What the fleet's mark was made for.
const FLEET_OF: &str = "fleet of";
/// How many positions are left out where others may have been given out already: more than are appended in an hour at a
/// quarter of a million a second.
const LEFT_OUT: i64 = 1_000_000_000;

/// What tells this database's servers from any other's: a new value where the database is a copy. `place` is the folder of the cluster
/// where it is known, which tells a copied folder from the first.
///
/// # Errors
/// The database's; nothing is changed then.
pub async fn fleet_mark(client: &Client, place: Option<&Path>) -> Result<String, tokio_postgres::Error> {
    let mut identity = of(client).await?;
    if let Some(place) = place {
        identity = format!("{identity}{}", place.display());
    }
    let fresh = Uuid::new_v4().to_string();
    in_transaction(client, async {
        if is_changed(client, &identity).await? {
            let renew = "update setting set value = $2 where name = $1";
            client.execute(renew, &[&setting::FLEET, &fresh]).await?;
            tracing::warn!(
                "this database is a copy of another one, or was restored: its application servers are told apart from that one's from now on"
            );
        }
        setting::load_or_create(client, setting::FLEET, &fresh).await
    })
    .await
}

/// Sees to it that no position is given out that may have been given out in another database, of which this one is a copy, or in
/// this one by a server that a standby has taken the place of. Whoever appends does it on every new connection.
///
/// # Errors
/// The database's; nothing is changed then.
pub async fn settle_positions(client: &Client) -> Result<(), tokio_postgres::Error> {
    let timeline = timeline(client).await?;
    let settle = "select settle_positions($1, $2)";
    let from: Option<i64> = client.query_one(settle, &[&timeline, &LEFT_OUT]).await?.try_get(0)?;
    if let Some(position) = from {
        tracing::warn!(
            position,
            "this database was restored, copied or failed over: positions go on from here, so that none is given out twice"
        );
    }
    Ok(())
}

/// What tells the database from all others: its cluster's number, its own and that of the log's table.
///
/// # Errors
/// The database's.
pub async fn of(client: &Client) -> Result<String, tokio_postgres::Error> {
    client.query_one("select database_identity()", &[]).await?.try_get(0)
}

/// [`of`] in 16 hexadecimal digits, for the name of a file.
///
/// # Errors
/// The database's.
pub async fn short(client: &Client) -> Result<String, tokio_postgres::Error> {
    Ok(hexadecimal(&Sha256::digest(of(client).await?)[..8]))
}

/// A promoted standby begins a new one. None where the database does not say.
async fn timeline(client: &Client) -> Result<String, tokio_postgres::Error> {
    match client
        .query_one("select left(pg_walfile_name(pg_current_wal_lsn()), 8)", &[])
        .await
    {
        Ok(row) => row.try_get(0),
        Err(error) if error.code().is_some() => Ok(String::new()),
        Err(error) => Err(error),
    }
}

/// Whether the mark was made for another database than this one, which is noted. Of several that note at once, the first one finds the change;
/// the others wait until it has done what follows from it.
async fn is_changed(client: &Client, identity: &str) -> Result<bool, tokio_postgres::Error> {
    let sql = "insert into setting (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value \
               where setting.value <> excluded.value returning xmax <> 0";
    let noted = client.query_opt(sql, &[&FLEET_OF, &identity]).await?;
    noted.map_or(Ok(false), |row| row.try_get(0))
}

async fn in_transaction<T>(
    client: &Client,
    work: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, tokio_postgres::Error> {
    client.batch_execute("begin").await?;
    match work.await {
        Ok(done) => client.batch_execute("commit").await.map(|()| done),
        Err(error) => {
            // Where the connection is gone, so is the transaction.
            let _ = client.batch_execute("rollback").await;
            Err(error)
        }
    }
}
