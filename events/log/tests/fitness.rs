//! What is wrong with a database is found before anything is made in it, and said in a sentence of its own.
#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use common::OwnDatabase;
use tenfold_log::database::{Database, DatabaseError};
use tokio_postgres::NoTls;

/// What the database is asked as its superuser, without anything of ours in between.
async fn run(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let driver = tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
    driver.abort();
}

/// A role of this test that can log in, and the database's URL with it. Roles outlive databases, so it is dropped with what it has.
struct Role {
    name: String,
    admin: String,
    url: String,
}

impl Role {
    async fn new(own: &OwnDatabase, attributes: &str) -> Role {
        let name = format!("role_{}", uuid::Uuid::new_v4().simple());
        run(
            &own.url,
            &format!("create role {name} login password 'pw' {attributes}"),
        )
        .await;
        let (_, host) = own.url.split_once('@').unwrap();
        let url = format!("postgres://{name}:pw@{host}");
        let admin = own.url.clone();
        Role { name, admin, url }
    }

    async fn drop(self) {
        let name = &self.name;
        run(&self.admin, &format!("drop owned by {name} cascade; drop role {name}")).await;
    }

    async fn found(&self) -> DatabaseError {
        Database::parse(&self.url).unwrap().check_fitness().await.unwrap_err()
    }
}

#[tokio::test]
async fn a_database_as_it_should_be_is_fit() {
    let own = OwnDatabase::empty().await;
    own.database.check_fitness().await.unwrap();
    own.database.migrate().await.unwrap();
    own.database.check_fitness().await.unwrap();
}

#[tokio::test]
async fn an_encoding_that_cannot_hold_every_text_is_refused() {
    let own = OwnDatabase::empty().await;
    let name = format!("latin_{}", uuid::Uuid::new_v4().simple());
    let make = format!("create database {name} encoding 'LATIN1' locale 'C' template template0");
    run(&own.url, &make).await;
    let said = own
        .database
        .on_same_server(&name)
        .check_fitness()
        .await
        .unwrap_err()
        .to_string();
    run(&own.url, &format!("drop database {name} with (force)")).await;
    assert!(said.contains("LATIN1") && said.contains("encoding 'UTF8'"), "{said}");
}

#[tokio::test]
async fn each_right_that_a_role_lacks_is_named_with_its_mend() {
    let own = OwnDatabase::empty().await;
    run(&own.url, "revoke create on schema public from public").await;
    let role = Role::new(&own, "").await;
    let (name, endpoint) = (&role.name, own.database.endpoint());
    let database = endpoint.split_once('/').unwrap().1.to_owned();

    let said = role.found().await.to_string();
    assert!(said.contains("right to create tables"), "{said}");
    assert!(said.contains("grant usage, create on schema public to ROLE"), "{said}");
    run(&own.url, &format!("grant usage, create on schema public to {name}")).await;

    let said = role.found().await.to_string();
    assert!(said.contains("right to create schemas"), "{said}");
    assert!(
        said.contains(&format!("grant create on database {database} to ROLE")),
        "{said}"
    );
    run(&own.url, &format!("grant create on database {database} to {name}")).await;
    Database::parse(&role.url).unwrap().check_fitness().await.unwrap();

    // Another role's tables.
    own.database.migrate().await.unwrap();
    let said = role.found().await.to_string();
    assert!(
        said.contains("write Tenfold's tables, which another role made"),
        "{said}"
    );
    let mend = said.split('`').nth(1).unwrap().replace("ROLE", name);
    run(&own.url, &mend).await;
    Database::parse(&role.url).unwrap().check_fitness().await.unwrap();
    role.drop().await;
}

#[tokio::test]
async fn a_role_that_only_reads_is_told_from_a_standby() {
    let own = OwnDatabase::empty().await;
    let role = Role::new(&own, "").await;
    run(
        &own.url,
        &format!("alter role {} set default_transaction_read_only = on", role.name),
    )
    .await;
    let found = role.found().await;
    assert!(matches!(found, DatabaseError::ReadOnly { .. }), "{found}");
    // Who only looks may.
    let looking = Database::parse(&format!("{}?target_session_attrs=any", role.url)).unwrap();
    looking.connect("test").await.unwrap();
    role.drop().await;
}

#[tokio::test]
async fn too_many_connections_are_not_taken_for_a_wrong_password() {
    let own = OwnDatabase::empty().await;
    let role = Role::new(&own, "connection limit 0").await;
    let found = role.found().await;
    assert!(matches!(found, DatabaseError::TooManyConnections { .. }), "{found}");
    assert!(found.to_string().contains("raise max_connections"), "{found}");
    role.drop().await;
}

#[tokio::test]
async fn what_another_program_made_is_named_before_anything_is_made() {
    for (theirs, named) in [
        ("create table event (id int)", "table event"),
        ("create view account as select 1", "view account"),
        ("create sequence event_position", "sequence event_position"),
        ("create type seat as enum ('a')", "type seat"),
        (
            "create function pass_gate() returns int language sql as 'select 1'",
            "function pass_gate()",
        ),
        ("create schema tenfold_keys", "schema tenfold_keys"),
    ] {
        let own = OwnDatabase::empty().await;
        run(&own.url, theirs).await;
        let found = own.database.migrate().await.unwrap_err();
        assert!(matches!(found, DatabaseError::Foreign { .. }), "{theirs}: {found}");
        assert!(found.to_string().contains(named), "{theirs}: {found}");
        let client = own.database.connect("test").await.unwrap();
        let ours = "select count(*) from pg_class where relname in ('tenfold_schema_history', 'post', 'groups')";
        let made: i64 = client.query_one(ours, &[]).await.unwrap().get(0);
        assert_eq!(made, 0, "{theirs}");
    }
}

#[tokio::test]
async fn another_programs_history_of_migrations_is_left_alone() {
    let own = OwnDatabase::empty().await;
    let theirs = "create table refinery_schema_history (version int4 primary key, name varchar(255), \
                  applied_on varchar(255), checksum varchar(255)); \
                  insert into refinery_schema_history values (99, 'theirs', '', '1')";
    run(&own.url, theirs).await;
    own.database.migrate().await.unwrap();
    own.database.check_schema().await.unwrap();
    let client = own.database.connect("test").await.unwrap();
    let rows = client
        .query("select version from refinery_schema_history", &[])
        .await
        .unwrap();
    assert_eq!(rows.iter().map(|row| row.get(0)).collect::<Vec<i32>>(), [99]);
}

#[tokio::test]
async fn a_history_of_ours_under_the_shared_name_is_gone_on_with() {
    let own = OwnDatabase::empty().await;
    own.database.migrate_as_of_old(11).await.unwrap();
    run(
        &own.url,
        "alter table tenfold_schema_history rename to refinery_schema_history",
    )
    .await;
    let older = own.database.check_schema().await.unwrap_err();
    assert!(matches!(older, DatabaseError::Older { found: 11, .. }), "{older}");
    own.database.migrate().await.unwrap();
    own.database.check_schema().await.unwrap();
    // An earlier build, which looks there, still finds what it knows.
    let client = own.database.connect("test").await.unwrap();
    let newest: i32 = client
        .query_one("select max(version) from refinery_schema_history", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(newest, 11);
}
