//! A connection that Postgres ends while somebody waits for an answer: the question is asked again.

#![allow(clippy::unwrap_used)] // a test that meets an error has failed

mod common;

use std::time::Duration;

use common::service::{Service, happened};
use tenfold_core::command::Listing;
use tenfold_log::append::SubmitError;
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
        let asked = service.reader.list(&alice, service.instance, Listing::Groups, 8 << 20);
        let (answer, ()) = timeout(Duration::from_secs(60), async { tokio::join!(asked, cut_off) })
            .await
            .unwrap();
        assert!(
            matches!(&answer, Ok(Listed::Names(names)) if names.items == ["readers"]),
            "{answer:?}"
        );
    }
}

/// Has Postgres refuse every append with that SQLSTATE.
async fn refuse_appends(admin: &Client, code: &str) {
    let refuse = format!(
        "create or replace function refuse() returns trigger language plpgsql as \
         $$ begin raise exception 'refused by the test' using errcode = '{code}'; end $$; \
         create trigger refuse before insert on event for each statement execute function refuse()"
    );
    admin.batch_execute(&refuse).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_said_at_once_and_goes_on_when_there_is_room() {
    let service = Service::new(10).await;
    let alice = service.person("alice").await;
    let admin = service.own.database.connect("admin").await.unwrap();
    for code in ["53100", "53200", "42501"] {
        refuse_appends(&admin, code).await;
        let refused = service.writer.submit(service.change(&alice, "post no room")).await;
        assert_eq!(refused.unwrap_err(), SubmitError::Fault, "{code}");
        admin.batch_execute("drop trigger refuse on event").await.unwrap();
        happened(service.run(&alice, "post room").await);
    }
}

#[tokio::test]
async fn what_only_another_connection_may_take_is_tried_until_it_is_taken() {
    let service = Service::new(10).await;
    let alice = service.person("alice").await;
    let admin = service.own.database.connect("admin").await.unwrap();
    for code in ["25006", "ZZ999"] {
        let before = connections(&admin).await;
        refuse_appends(&admin, code).await;
        let mend = async {
            while connections(&admin).await == before {
                tokio::task::yield_now().await;
            }
            admin.batch_execute("drop trigger refuse on event").await.unwrap();
        };
        let (posted, ()) = tokio::join!(service.run(&alice, "post once"), mend);
        happened(posted);
    }
}

/// The process that serves the writer; none for a moment in between.
async fn connections(admin: &Client) -> Vec<i32> {
    let select = "select pid from pg_stat_activity where datname = current_database() and application_name like 'tenfold-test/append/%'";
    let rows = admin.query(select, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
