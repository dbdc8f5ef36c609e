//! What the projections say of their tables, against the database that the migrations make. A table, a column or a personal field that
//! somebody forgets is named here.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::OwnDatabase;
use common::service::{Service, happened};
use tenfold_core::facts::Projection;
use tenfold_log::operational;
use tenfold_log::projection::Table;
use tokio_postgres::Client;

/// Column by column: its type as Postgres calls it, and whether its value may be absent.
type Columns = BTreeMap<String, (String, bool)>;

async fn columns_of(client: &Client, table: &str) -> Columns {
    let select = "select column_name::text, udt_name::text, is_nullable = 'YES' from information_schema.columns
                   where table_schema = current_schema() and table_name = $1";
    let rows = client.query(select, &[&table]).await.unwrap();
    rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect()
}

#[tokio::test]
async fn every_projection_says_what_its_table_is() {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    for projection in Projection::ALL {
        let table = Table::of(projection);
        let said: Columns = table
            .columns
            .iter()
            .map(|column| {
                let kind = column.sql_type().name().to_owned();
                (column.name.to_owned(), (kind, column.nullable))
            })
            .collect();
        assert_eq!(
            said,
            columns_of(&client, table.name).await,
            "events/log/src/projection/: the columns of {projection:?}"
        );
        let unique = "select array_agg(a.attname::text order by a.attname)
                        from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
                       where i.indrelid = to_regclass($1) and i.indisunique and i.indpred is null group by i.indexrelid";
        let rows = client.query(unique, &[&table.name]).await.unwrap();
        let mut key: Vec<String> = table.key_columns().map(|column| column.name.to_owned()).collect();
        key.sort();
        assert!(
            rows.iter().any(|row| row.get::<_, Vec<String>>(0) == key),
            "{projection:?}: there is no unique index on its key {key:?}"
        );
    }
}

#[tokio::test]
async fn every_table_is_the_log_a_projection_or_operational() {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    let select = "select table_name::text from information_schema.tables where table_schema = current_schema()";
    let rows = client.query(select, &[]).await.unwrap();
    let tables: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    let placed: BTreeSet<String> = Table::all()
        .map(|table| table.name)
        .chain(operational::TABLES)
        .chain(["event", "refinery_schema_history"])
        .map(str::to_owned)
        .collect();
    assert_eq!(
        tables, placed,
        "a table belongs to a projection (events/log/src/projection/) or is operational (operational::TABLES)"
    );
}

/// What the test's people are called and write; nothing else in the database can look like it.
const NAME: &str = "zaphod";
const TEXT: &str = "beeblebrox";

/// Every column of every table in which one of the two stands in plain text.
async fn columns_that_tell(client: &Client) -> BTreeSet<String> {
    let select = "select table_schema::text, table_name::text, column_name::text from information_schema.columns
                   where table_schema not in ('pg_catalog', 'information_schema')";
    let mut found = BTreeSet::new();
    for row in client.query(select, &[]).await.unwrap() {
        let [schema, table, column] = [0, 1, 2].map(|index| row.get::<_, String>(index));
        let tells = format!(
            "select exists (select from {schema}.{table} where {column}::text like any (array['%{NAME}%', '%{TEXT}%']))"
        );
        if client.query_one(&tells, &[]).await.unwrap().get(0) {
            found.insert(format!("{table}.{column}"));
        }
    }
    found
}

#[tokio::test]
async fn what_people_write_stands_in_plain_text_only_where_a_projection_says_so() {
    let service = Service::new(10).await;
    let (one, other) = (service.person(NAME).await, service.person(&format!("{NAME}-too")).await);
    service.befriend(&one, &other).await;
    for line in [
        format!("post {TEXT}"),
        format!("send {} {TEXT}", other.name),
        "create-group g".to_owned(),
        format!("send-group g {TEXT}"),
    ] {
        happened(service.run(&one, &line).await);
    }
    let client = service.own.database.connect("test").await.unwrap();
    let mut personal = BTreeSet::new();
    for table in Table::all() {
        for column in table.columns.iter().filter(|column| column.is_personal()) {
            personal.insert(format!("{}.{}", table.name, column.name));
        }
    }
    assert_eq!(columns_that_tell(&client).await, personal);
}

/// Migrations 13 and 15 came from two branches: a database may have the later one alone.
#[tokio::test]
async fn a_migration_that_came_late_is_made_up_for() {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    let undo = "delete from refinery_schema_history where version = 13; drop table log_checkpoint; alter table event drop column mac;
                drop function placed_mac; drop function append_event(uuid, uuid, bigint, text, smallint, uuid, smallint, bigint, uuid, uuid, text, bytea,
                                                                     bytea, text);
                drop function append_events(uuid[], uuid[], bigint[], text[], smallint[], uuid[], smallint[], bigint[], uuid[], uuid[], text[], bytea[],
                                            bytea[], integer[], uuid[], text[])";
    client.batch_execute(undo).await.unwrap();
    own.database.migrate().await.unwrap();
    client.query("select mac from event", &[]).await.unwrap();
    own.database.migrate().await.unwrap();
    let count = "select count(*) from refinery_schema_history where version = 13";
    assert_eq!(client.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 1);
}
