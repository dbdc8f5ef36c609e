//! Where clients reach the login servers on a database.

use tenfold_core::protocol::Address;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};
use uuid::Uuid;

/// Says that the login server `id` can be reached there; without a host, at the address from which it reaches the database, or, where that
/// is the same machine, at the host that the client already talks to. Answers the others that have said so lately.
///
/// # Errors
/// The database's.
pub async fn renew(client: &Client, id: Uuid, host: Option<&str>, port: u16) -> Result<Vec<Address>, Error> {
    let sql = include_str!("../../sql/operational/renew_login_server.sql");
    let port = i32::from(port);
    let rows = client
        .query_typed(sql, &[(&id, Type::UUID), (&host, Type::TEXT), (&port, Type::INT4)])
        .await?;
    let address = |row: &tokio_postgres::Row| {
        Ok(Address {
            host: row.try_get("host")?,
            port: u16::try_from(row.try_get::<_, i32>("port")?).unwrap_or_default(),
        })
    };
    rows.iter().map(address).collect()
}

/// The login server `id` is to be named no more.
///
/// # Errors
/// The database's.
pub async fn remove(client: &Client, id: Uuid) -> Result<(), Error> {
    let sql = "delete from login_server where id = $1";
    client.execute_typed(sql, &[(&id, Type::UUID)]).await.map(drop)
}
