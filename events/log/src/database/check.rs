//! Whether a database is one on which Tenfold works, asked before anything is made there.

use std::collections::BTreeSet;

use tokio_postgres::SimpleQueryMessage;

use super::{Client, Database, DatabaseError};
use crate::names::KEYS_SCHEMA;

/// How often two connections are asked which of Postgres' processes serves them.
const ROUNDS: usize = 5;

/// What the role may and may not do here.
const RIGHTS: &str = include_str!("../../sql/schema/rights.sql");

impl Database {
    /// Finds out what would let a login server start and then work badly, or not at all.
    ///
    /// # Errors
    /// [`DatabaseError::NotUtf8`], [`DatabaseError::Pooler`] or [`DatabaseError::NoRight`].
    pub async fn check_fitness(&self) -> Result<(), DatabaseError> {
        let [one, other] = [self.connect("check").await?, self.connect("check").await?];
        if is_pooled(&one, &other).await? {
            let endpoint = self.endpoint();
            return Err(DatabaseError::Pooler { endpoint });
        }
        let encoding = word(&one, "show server_encoding").await?;
        if encoding != "UTF8" {
            let endpoint = self.endpoint();
            return Err(DatabaseError::NotUtf8 { endpoint, encoding });
        }
        self.check_rights(&one).await
    }

    async fn check_rights(&self, client: &Client) -> Result<(), DatabaseError> {
        let lacks = |what, mend: String| {
            let endpoint = self.endpoint();
            Err(DatabaseError::NoRight { endpoint, what, mend })
        };
        let row = client.query_one(RIGHTS, &[&KEYS_SCHEMA]).await?;
        let database: String = row.try_get("quoted_database")?;
        let Some(schema) = row.try_get::<_, Option<String>>("quoted_schema")? else {
            let mend = format!(
                "create schema public; grant usage, create on schema public to ROLE; alter role ROLE in database {database} set search_path = public"
            );
            return lacks("use any schema of its search path", mend);
        };
        if !row.try_get::<_, bool>("creates_in_schema")? {
            return lacks(
                "create tables",
                format!("grant usage, create on schema {schema} to ROLE"),
            );
        }
        if !row.try_get::<_, bool>("creates_schemas")? {
            return lacks("create schemas", format!("grant create on database {database} to ROLE"));
        }
        if !row.try_get::<_, bool>("writes")? {
            let mend = format!(
                "grant all on all tables in schema {schema}, {KEYS_SCHEMA} to ROLE; grant all on all sequences in schema {schema} to ROLE; grant usage on schema {KEYS_SCHEMA} to ROLE"
            );
            return lacks("write Tenfold's tables, which another role made,", mend);
        }
        Ok(())
    }
}

/// Whether the two connections are served by the same process of Postgres, or one of them by several: then somebody in between hands out
/// transactions. Without prepared statements, which such a pooler need not know.
async fn is_pooled(one: &Client, other: &Client) -> Result<bool, DatabaseError> {
    let mut processes = [BTreeSet::new(), BTreeSet::new()];
    for _ in 0..ROUNDS {
        for (client, seen) in [one, other].into_iter().zip(&mut processes) {
            seen.insert(word(client, "select pg_backend_pid()").await?);
        }
    }
    let [one, other] = processes;
    Ok(one.len() > 1 || other.len() > 1 || one == other)
}

async fn word(client: &Client, question: &str) -> Result<String, DatabaseError> {
    let answer = client.simple_query(question).await?;
    let word = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(word.unwrap_or_default().to_owned())
}
