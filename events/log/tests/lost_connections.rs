//! A connection that Postgres ends while somebody waits for an answer: the question is asked again.

#![allow(clippy::unwrap_used)] // a test that meets an error has failed

mod common;

use std::time::Duration;

use common::service::{Service, happened};
use tenfold_core::command::Listing;
use tenfold_log::database::Client;
use tenfold_log::read::Listed;
use tokio::time::timeout;

/// The process of the reader's connection, once its question waits for a lock.
async fn waiting_reader(admin: &Client) -> i32 {
    let question = "select pid from pg_stat_activity where datname = current_database() \
                    and application_name like 'tenfold-test/read/%' and wait_event_type = 'Lock'";
    loop {
        if let Some(row) = admin.query_opt(question, &[]).await.unwrap() {
            return row.get(0);
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_question_cut_off_by_a_goodbye_is_asked_again() {
    let service = Service::new(10).await;
    let alice = service.person("alice").await;
    happened(service.run(&alice, "create-group readers").await);
    let [holder, admin] = [
        service.own.database.connect("holder").await.unwrap(),
        service.own.database.connect("admin").await.unwrap(),
    ];
    // Postgres' goodbye and the end of the connection are noticed one after the other, in either order.
    for _ in 0..20 {
        holder
            .batch_execute("begin; lock table groups in access exclusive mode")
            .await
            .unwrap();
        let cut_off = async {
            let process = waiting_reader(&admin).await;
            admin
                .execute("select pg_terminate_backend($1)", &[&process])
                .await
                .unwrap();
            holder.batch_execute("rollback").await.unwrap();
        };
        let asked = service.reader.list(&alice, service.instance, Listing::Groups);
        let (answer, ()) = timeout(Duration::from_secs(60), async { tokio::join!(asked, cut_off) })
            .await
            .unwrap();
        assert!(
            matches!(&answer, Ok(Listed::Names(names)) if names == &["readers"]),
            "{answer:?}"
        );
    }
}
