//! Up to where application servers have pushed everything to whoever is connected to them. They say so when they are asked,
//! which is before an account is deleted: what its person sent cannot be read afterwards.

use crate::database::Client;
use tenfold_core::ids::{AccountId, InstanceId, Position};
use tokio_postgres::Error;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::presence::tell_fleet;

/// Who was asked, and for what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    servers: Vec<Uuid>,
    to: i64,
}

/// Asks the application servers where those sit for whom `account` has ever written, whether they have pushed everything up
/// to the log's head of now.
pub async fn ask(client: &Client, account: AccountId) -> Result<Asked, Error> {
    let sql = include_str!("../../sql/operational/ask_delivered.sql");
    let mut asked = Asked::default();
    for row in client.query(sql, &[&account.0]).await? {
        asked.servers.push(row.try_get(0)?);
        asked.to = row.try_get(1)?;
    }
    Ok(asked)
}

/// Whether all who were asked have said so, or are gone.
pub async fn have_all_said_so(client: &Client, asked: &Asked) -> Result<bool, Error> {
    if asked.servers.is_empty() {
        return Ok(true);
    }
    let sql = "select not exists (select from instance_lease where instance_id = any($1) and delivered < $2)";
    let row = client.query_one(sql, &[&asked.servers, &asked.to]).await?;
    row.try_get(0)
}

/// An application server has pushed everything up to there to whoever is connected to it; whoever waits for that is woken.
pub async fn say_so(client: &Client, instance: InstanceId, position: Position) -> Result<(), Error> {
    let sql = "update instance_lease set delivered = greatest(delivered, $2) where instance_id = $1";
    client
        .query_typed(sql, &[(&instance.0, Type::UUID), (&position.0, Type::INT8)])
        .await?;
    tell_fleet(client).await
}
