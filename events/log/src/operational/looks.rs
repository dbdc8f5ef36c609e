//! What names look like, filled in where a server of an earlier version wrote the name.

use tenfold_core::name;
use uuid::Uuid;

use crate::database::{Client, DatabaseError};

const AT_ONCE: i64 = 1000;

/// Fills them in, of accounts and of groups.
///
/// # Errors
/// The database's; it can be repeated.
pub async fn fill_in(client: &Client) -> Result<(), DatabaseError> {
    for table in ["account", "groups"] {
        let select = format!("select id, name from {table} where look is null limit $1");
        let update = format!(
            "update {table} set look = new.look from unnest($1::uuid[], $2::text[]) as new(id, look) where {table}.id = new.id"
        );
        loop {
            let rows = client.query(&select, &[&AT_ONCE]).await?;
            if rows.is_empty() {
                break;
            }
            let ids: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
            let looks: Vec<String> = rows.iter().map(|row| name::skeleton(row.get(1))).collect();
            client.execute(&update, &[&ids, &looks]).await?;
        }
    }
    Ok(())
}
