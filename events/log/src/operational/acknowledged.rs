//! Up to where a user has been shown everything.

use tenfold_core::ids::{Position, SessionId};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};
use uuid::Uuid;

/// Remembers positions of live sessions; a position never goes back.
///
/// # Errors
/// The database's.
pub async fn remember(client: &Client, positions: &[(SessionId, Position)]) -> Result<(), Error> {
    // In the order of their ids, so that two servers that write the same rows wait for each other and don't lock up.
    let sql = "insert into acknowledged as known (session_id, position)
        select s.id, max(told.position)
          from unnest($1::uuid[], $2::bigint[]) as told (session_id, position)
          join session s on s.id = told.session_id
         group by s.id order by s.id
        on conflict (session_id) do update set position = excluded.position where known.position < excluded.position";
    let sessions: Vec<Uuid> = positions.iter().map(|(session, _)| session.0).collect();
    let positions: Vec<i64> = positions.iter().map(|(_, position)| position.0).collect();
    client
        .query_typed(sql, &[(&sessions, Type::UUID_ARRAY), (&positions, Type::INT8_ARRAY)])
        .await?;
    Ok(())
}
