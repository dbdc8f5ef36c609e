//! Up to where a user has been shown everything.

use crate::database::Client;
use tenfold_core::ids::{Position, SessionId};
use tokio_postgres::Error;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// Remembers positions of live sessions; a position never goes back.
pub async fn remember(client: &Client, positions: &[(SessionId, Position)]) -> Result<(), Error> {
    // In the order of their ids, so that two servers that write the same rows wait for each other and don't lock up.
    let sql = include_str!("../../sql/operational/acknowledge.sql");
    let sessions: Vec<Uuid> = positions.iter().map(|(session, _)| session.0).collect();
    let positions: Vec<i64> = positions.iter().map(|(_, position)| position.0).collect();
    client
        .query_typed(sql, &[(&sessions, Type::UUID_ARRAY), (&positions, Type::INT8_ARRAY)])
        .await?;
    Ok(())
}
