//! Why no application server is launched, for those who wait at any login server.

use tokio_postgres::Client;

/// Says what is in the way, or that nothing is.
///
/// # Errors
/// The database's.
pub async fn tell(client: &Client, reason: Option<&str>) -> Result<(), tokio_postgres::Error> {
    let Some(reason) = reason else {
        return client.execute("delete from launch_trouble", &[]).await.map(drop);
    };
    let sql = "insert into launch_trouble (reason) values ($1)
               on conflict (only_one) do update set reason = excluded.reason, since = clock_timestamp()";
    client.execute(sql, &[&reason]).await.map(drop)
}
