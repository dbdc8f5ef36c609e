//! A database is told from its copies.
#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use std::path::Path;

use common::OwnDatabase;
use tenfold_log::database::{Client, Database};
use tenfold_log::operational::identity::{fleet_mark, settle_positions};

async fn position(client: &Client) -> i64 {
    let drawn = client.query_one("select nextval('event_position')", &[]).await.unwrap();
    drawn.get(0)
}

/// A copy of the whole database, which nobody may be connected to meanwhile.
async fn copy_of(own: &OwnDatabase) -> Database {
    let endpoint = own.database.endpoint();
    let (_, name) = endpoint.split_once('/').unwrap();
    let copy = format!("{name}_copy");
    let admin = own.database.on_same_server("postgres").connect("test").await.unwrap();
    let kick = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1";
    admin.execute(kick, &[&name]).await.unwrap();
    admin
        .batch_execute(&format!("create database {copy} template {name}"))
        .await
        .unwrap();
    own.database.on_same_server(&copy)
}

async fn drop_copy(own: &OwnDatabase) {
    let endpoint = own.database.endpoint();
    let (_, name) = endpoint.split_once('/').unwrap();
    let admin = own.database.on_same_server("postgres").connect("test").await.unwrap();
    let drop = format!("drop database {name}_copy with (force)");
    admin.batch_execute(&drop).await.unwrap();
}

#[tokio::test]
async fn a_copy_has_a_mark_and_positions_of_its_own_and_the_first_one_keeps_its() {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    let mark = fleet_mark(&client, None).await.unwrap();
    settle_positions(&client).await.unwrap();
    let drawn = position(&client).await;

    let copy = copy_of(&own).await.connect("test").await.unwrap();
    let other = fleet_mark(&copy, None).await.unwrap();
    settle_positions(&copy).await.unwrap();
    assert_ne!(other, mark);
    assert!(position(&copy).await > drawn + 1_000_000);
    // Once.
    assert_eq!(fleet_mark(&copy, None).await.unwrap(), other);
    let before = position(&copy).await;
    settle_positions(&copy).await.unwrap();
    assert_eq!(position(&copy).await, before + 1);
    drop_copy(&own).await;

    let client = own.database.connect("test").await.unwrap();
    assert_eq!(fleet_mark(&client, None).await.unwrap(), mark);
    settle_positions(&client).await.unwrap();
    assert_eq!(position(&client).await, drawn + 1);
}

#[tokio::test]
async fn a_database_of_an_earlier_version_keeps_its_mark() {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    client
        .batch_execute("insert into setting (name, value) values ('fleet', 'of old')")
        .await
        .unwrap();
    assert_eq!(fleet_mark(&client, None).await.unwrap(), "of old");
}

#[tokio::test]
async fn a_log_that_was_restored_in_place_or_whose_folder_was_copied_is_another() {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    let first = fleet_mark(&client, Some(Path::new("/home/a"))).await.unwrap();
    let second = fleet_mark(&client, Some(Path::new("/home/b"))).await.unwrap();
    assert_ne!(first, second);
    settle_positions(&client).await.unwrap();
    let drawn = position(&client).await;
    // As a dump's `drop table` and `create table`.
    client
        .batch_execute("alter table event rename to old; create table event (like old including all); drop table old")
        .await
        .unwrap();
    assert_ne!(fleet_mark(&client, Some(Path::new("/home/b"))).await.unwrap(), second);
    settle_positions(&client).await.unwrap();
    assert!(position(&client).await > drawn + 1_000_000);
}

#[tokio::test]
async fn of_many_that_find_the_change_at_once_one_leaves_positions_out() {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    settle_positions(&client).await.unwrap();
    let drawn = position(&client).await;
    client
        .batch_execute("update setting set value = 'elsewhere' where name = 'positions of'")
        .await
        .unwrap();
    let settle = (0..8).map(|_| {
        let database = own.database.clone();
        async move {
            settle_positions(&database.connect("test").await.unwrap())
                .await
                .unwrap()
        }
    });
    futures_util::future::join_all(settle).await;
    let next = position(&client).await;
    assert!(next > drawn + 1_000_000_000 && next < drawn + 2_000_000_000, "{next}");
}
