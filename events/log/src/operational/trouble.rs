//! Why no application server is launched, for those who wait at any login server.

use crate::database::Client;

/// Says what is in the way, or that nothing is.
pub async fn tell(client: &Client, reason: Option<&str>) -> Result<(), tokio_postgres::Error> {
    let Some(reason) = reason else {
        return client.execute("delete from launch_trouble", &[]).await.map(drop);
    };
    let sql = include_str!("../../sql/operational/put_launch_trouble.sql");
    client.execute(sql, &[&reason]).await.map(drop)
}
