//! The tables, by migrations; and whether a database has those that this build knows.

use std::collections::BTreeSet;

use refinery::{Migration, Target};

use crate::database::{Client, Database, DatabaseError};
use crate::locks;
use crate::names::MIGRATIONS_TABLE;

/// Where the migrations' history stood until version 15. It is the name that every program has from the same library, so
/// what stands there may be another's. Versions before 16 still look there, which is why it stays.
const SHARED_TABLE: &str = "refinery_schema_history";

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
    /// [`DatabaseError::Newer`] where the database has been used by a newer build, [`DatabaseError::Foreign`] where something
    /// that is not ours is in the way; nothing is changed then.
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
        let mut client = self.for_long_statements().connect("migration").await?;
        client.batch_execute(locks::LEASE).await?;
        client
            .execute("select pg_advisory_lock($1)", &[&locks::MIGRATION])
            .await?;
        let found = version(&client).await?;
        let known = known();
        if found > known {
            return Err(DatabaseError::Newer { found, known });
        }
        if found < known {
            self.check_nothing_is_in_the_way(&client, found).await?;
            adopt_history(&client).await?;
            let mut runner = migrations::runner().set_target(target);
            runner
                .set_migration_table_name(MIGRATIONS_TABLE)
                .run_async(&mut *client)
                .await
                .map_err(|error| DatabaseError::Migration(error.to_string()))?;
        }
        // The lock goes with the connection.
        Ok(())
    }

    async fn check_nothing_is_in_the_way(&self, client: &Client, found: i32) -> Result<(), DatabaseError> {
        let made = Names::of(all().into_iter().filter(|migration| migration.version() <= found));
        let wanted = Names::of(all().into_iter().filter(|migration| migration.version() > found));
        let [relations, functions, schemas] = wanted.without(&made);
        let sql = include_str!("../sql/schema/in_the_way.sql");
        let rows = client.query(sql, &[&relations, &functions, &schemas]).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let what: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        Err(DatabaseError::Foreign {
            endpoint: self.endpoint(),
            what: what.join(", "),
        })
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
    let (found, known) = (version(client).await?, known());
    match found.cmp(&known) {
        std::cmp::Ordering::Less => Err(DatabaseError::Older { found, known }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(DatabaseError::Newer { found, known }),
    }
}

fn all() -> Vec<Migration> {
    migrations::runner().get_migrations().clone()
}

/// All tables of this build, those of the keys with their schema.
#[cfg(test)]
pub(crate) fn tables() -> BTreeSet<String> {
    let sql = all()
        .into_iter()
        .filter_map(|migration| migration.sql().map(str::to_owned));
    let mut tables = BTreeSet::new();
    for line in sql.collect::<String>().lines() {
        if let Some(made) = line.strip_prefix("create table ") {
            tables.extend(made.split([' ', '(']).next().map(str::to_owned));
        }
        if let Some(dropped) = line.strip_prefix("drop table ") {
            tables.remove(dropped.trim_end_matches(';'));
        }
    }
    tables
}

/// The newest schema this build knows.
fn known() -> i32 {
    all().iter().map(Migration::version).max().unwrap_or(0)
}

async fn version(client: &tokio_postgres::Client) -> Result<i32, DatabaseError> {
    let Some(history) = history(client).await? else {
        return Ok(0);
    };
    let newest = format!("select coalesce(max(version), 0) from {history}");
    Ok(client.query_one(&newest, &[]).await?.get(0))
}

/// The table with the history of our migrations; none where none of them was made.
async fn history(client: &tokio_postgres::Client) -> Result<Option<&'static str>, DatabaseError> {
    let there = "select to_regclass($1) is not null, to_regclass($2) is not null";
    let row = client.query_one(there, &[&MIGRATIONS_TABLE, &SHARED_TABLE]).await?;
    if row.get(0) {
        return Ok(Some(MIGRATIONS_TABLE));
    }
    if !row.get::<_, bool>(1) {
        return Ok(None);
    }
    let first = all()
        .into_iter()
        .min_by_key(Migration::version)
        .map(|first| first.checksum().to_string());
    let ours = format!("select exists (select from {SHARED_TABLE} where checksum = $1)");
    let is_ours: bool = client.query_one(&ours, &[&first]).await?.get(0);
    Ok(is_ours.then_some(SHARED_TABLE))
}

/// Begins a history of our own with what stands in the shared one. Builds that only know that one go on with it as it is.
async fn adopt_history(client: &Client) -> Result<(), DatabaseError> {
    if history(client).await? != Some(SHARED_TABLE) {
        return Ok(());
    }
    let adopt = format!(
        "begin; create table {MIGRATIONS_TABLE} (like {SHARED_TABLE} including all); \
         insert into {MIGRATIONS_TABLE} table {SHARED_TABLE}; commit"
    );
    Ok(client.batch_execute(&adopt).await?)
}

/// The names that migrations give, in the schema of the tables where none is named.
struct Names {
    relations: BTreeSet<String>,
    functions: BTreeSet<String>,
    schemas: BTreeSet<String>,
}

impl Names {
    /// Read from the statements, each of which begins a line: `create [or replace] [unique] KIND NAME …`.
    fn of(migrations: impl Iterator<Item = Migration>) -> Names {
        let [mut relations, mut functions, mut schemas] = [BTreeSet::new(), BTreeSet::new(), BTreeSet::new()];
        for migration in migrations {
            for line in migration.sql().unwrap_or_default().lines() {
                let Some((kind, name)) = created(line) else { continue };
                match kind {
                    "function" => functions.insert(name),
                    "schema" => schemas.insert(name),
                    _ => relations.insert(name),
                };
            }
        }
        Names {
            relations,
            functions,
            schemas,
        }
    }

    fn without<'a>(&'a self, others: &'a Names) -> [Vec<&'a str>; 3] {
        [
            (&self.relations, &others.relations),
            (&self.functions, &others.functions),
            (&self.schemas, &others.schemas),
        ]
        .map(|(ours, theirs)| ours.difference(theirs).map(String::as_str).collect())
    }
}

/// Kind and name of what a line of a migration creates. What has a schema written before it is in one of ours.
fn created(line: &str) -> Option<(&str, String)> {
    let mut words = line
        .strip_prefix("create ")?
        .split([' ', '(', ';'])
        .filter(|word| !word.is_empty());
    let kind = words.find(|word| !["or", "replace", "unique"].contains(word))?;
    let name = words.next()?;
    (!name.contains('.')).then(|| (kind, name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_migration_creates_is_read() {
        for (line, expected) in [
            ("create table event (", Some(("table", "event"))),
            (
                "create unique index event_stream on event (stream)",
                Some(("index", "event_stream")),
            ),
            (
                "create or replace function append_event(",
                Some(("function", "append_event")),
            ),
            ("create sequence event_position;", Some(("sequence", "event_position"))),
            ("create schema tenfold_keys;", Some(("schema", "tenfold_keys"))),
            ("create table tenfold_keys.account (", None),
            ("    create table inside (", None),
            ("drop table event;", None),
        ] {
            let expected = expected.map(|(kind, name)| (kind, name.to_owned()));
            assert_eq!(created(line), expected, "{line}");
        }
    }

    #[test]
    fn every_table_of_the_projections_is_among_the_names() {
        let names = Names::of(all().into_iter());
        for table in crate::projection::Table::all() {
            assert!(names.relations.contains(table.name), "{}", table.name);
        }
        assert!(names.functions.contains("append_events") && names.schemas.contains("tenfold_keys"));
    }
}
