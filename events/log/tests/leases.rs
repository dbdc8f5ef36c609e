//! A lock that others wait for is a lease: whoever stands still with it loses it.
#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use common::OwnDatabase;
use tenfold_log::locks::{LEASE, MIGRATION, SEALING};
use tenfold_log::sealing::plain;
use tokio_postgres::{Client, NoTls};

/// Somebody who takes the lock as the product does, and then stands still.
async fn stands_still(own: &OwnDatabase, begins: &str, lock: i64) -> Client {
    let (client, connection) = tokio_postgres::connect(&own.url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let takes = format!("{LEASE}; {begins} select pg_advisory_lock({lock})");
    client.batch_execute(&takes).await.unwrap();
    client
}

#[tokio::test]
async fn a_start_that_stands_still_holds_no_other_up_for_more_than_half_a_minute() {
    let makes_tables = async {
        let own = OwnDatabase::empty().await;
        let holder = stands_still(&own, "", MIGRATION).await;
        own.database.migrate().await.unwrap();
        assert!(holder.is_closed());
    };
    let makes_tables_in_a_transaction = async {
        let own = OwnDatabase::empty().await;
        let holder = stands_still(&own, "begin;", MIGRATION).await;
        own.database.migrate().await.unwrap();
        assert!(holder.is_closed());
    };
    let seals = async {
        let own = OwnDatabase::new().await;
        let holder = stands_still(&own, "", SEALING).await;
        plain::seal_all(&own.database.for_long_statements().connect("test").await.unwrap())
            .await
            .unwrap();
        assert!(holder.is_closed());
    };
    tokio::join!(makes_tables, makes_tables_in_a_transaction, seals);
}
