//! The tables, by migrations; and whether a database has those that this build knows.

use refinery::Target;

use crate::database::{Database, DatabaseError};
use crate::locks;

// The macro's output has no doc comments.
#[allow(missing_docs)]
mod embedded {
    refinery::embed_migrations!("migrations");
}

use embedded::migrations;

impl Database {
    /// Makes or renews the tables.
    ///
    /// # Errors
    /// [`DatabaseError::Newer`] where the database has been used by a newer build; nothing is changed then.
    pub async fn migrate(&self) -> Result<(), DatabaseError> {
        self.migrate_to(Target::Latest).await
    }

    /// The tables as an earlier build made them, for tests of what becomes of its data.
    ///
    /// # Errors
    /// As [`migrate`](Self::migrate).
    #[doc(hidden)]
    pub async fn migrate_as_of_old(&self, version: i32) -> Result<(), DatabaseError> {
        self.migrate_to(Target::Version(version)).await
    }

    async fn migrate_to(&self, target: Target) -> Result<(), DatabaseError> {
        let mut client = self.connect("migration").await?;
        client
            .execute("select pg_advisory_lock($1)", &[&locks::MIGRATION])
            .await?;
        let Applied { newest: found, count } = applied(&client).await?;
        let known = known();
        if found > known {
            return Err(DatabaseError::Newer { found, known });
        }
        // One may have got its number before others that were released first: its file begins with U and not with V.
        if found < known || count < migrations::runner().get_migrations().len() as i64 {
            migrations::runner()
                .set_target(target)
                .run_async(&mut *client)
                .await
                .map_err(|error| DatabaseError::Migration(error.to_string()))?;
        }
        // The lock goes with the connection.
        Ok(())
    }

    /// Checks that the tables are those of this build.
    ///
    /// # Errors
    /// [`DatabaseError::Newer`] or [`DatabaseError::Older`].
    pub async fn check_schema(&self) -> Result<(), DatabaseError> {
        let client = self.connect("check").await?;
        check(&client).await
    }
}

/// [`Database::check_schema`] on a connection that is there already.
pub async fn check(client: &tokio_postgres::Client) -> Result<(), DatabaseError> {
    let (found, known) = (applied(client).await?.newest, known());
    match found.cmp(&known) {
        std::cmp::Ordering::Less => Err(DatabaseError::Older { found, known }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(DatabaseError::Newer { found, known }),
    }
}

/// The newest schema this build knows.
fn known() -> i32 {
    migrations::runner()
        .get_migrations()
        .iter()
        .map(|migration| migration.version())
        .max()
        .unwrap_or(0)
}

/// What has been done to the database.
#[derive(Default)]
struct Applied {
    newest: i32,
    count: i64,
}

async fn applied(client: &tokio_postgres::Client) -> Result<Applied, DatabaseError> {
    let there: bool = client
        .query_one("select to_regclass('refinery_schema_history') is not null", &[])
        .await?
        .get(0);
    if !there {
        return Ok(Applied::default());
    }
    let row = client
        .query_one(
            "select coalesce(max(version), 0), count(*) from refinery_schema_history",
            &[],
        )
        .await?;
    Ok(Applied {
        newest: row.get(0),
        count: row.get(1),
    })
}
