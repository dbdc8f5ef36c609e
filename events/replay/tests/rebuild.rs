//! Rebuilding: mends what is damaged, while commands go on, and leaves nothing behind when it is broken off.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use common::OwnDatabase;
use common::load::Load;
use tenfold_log::database::Client;
use tenfold_log::database::Database;
use tenfold_replay::fold::Counter;
use tenfold_replay::rebuild::{Phase, Progress, RebuildError, rebuild, tidy};
use tenfold_replay::state;
use tenfold_replay::verify::verify;
use tenfold_synthetic::{Shape, Synthetic, store};

async fn with_log(events: usize) -> (OwnDatabase, Client) {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    store(&client, Synthetic::new(Shape::dense(events as u64)).take(events))
        .await
        .unwrap();
    (own, client)
}

async fn assert_verified(database: &Database) {
    let client = database.connect("test").await.unwrap();
    let verdict = verify(&client, &Counter::default()).await.unwrap();
    assert!(verdict.differences.is_empty(), "{:#?}", verdict.differences.sentences());
    assert_eq!(verdict.log, verdict.live);
}

/// Every relation with its definition, so that two moments can be compared.
async fn relations(client: &Client) -> BTreeSet<String> {
    let select = "select c.relname || ' ' || c.relkind::text || ' ' || coalesce(pg_get_indexdef(c.oid), '') || ' ' ||
                         coalesce((select string_agg(conname || ' ' || pg_get_constraintdef(oid), ', ' order by conname)
                                     from pg_constraint where conrelid = c.oid), '')
                    from pg_class c join pg_namespace n on n.oid = c.relnamespace
                   where n.nspname = 'public'";
    client
        .query(select, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect()
}

async fn schemas_left(client: &Client) -> i64 {
    let select = "select count(*) from pg_namespace where nspname in ('tenfold_rebuild', 'tenfold_retired')";
    client.query_one(select, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn damaged_projections_are_mended_and_all_names_stay_as_they_were() {
    let (own, client) = with_log(1500).await;
    let made = relations(&client).await;
    for _ in 0..2 {
        let damage = "delete from account; update post set text = 'forged'; truncate pair;
                      insert into groups values (gen_random_uuid(), 'never made', 5)";
        client.batch_execute(damage).await.unwrap();
        let report = rebuild(&own.database, &Progress::default()).await.unwrap();
        assert_eq!(report.events, 1500);
        assert_verified(&own.database).await;
        assert_eq!(relations(&client).await, made);
        assert_eq!(schemas_left(&client).await, 0);
    }
}

#[tokio::test]
async fn an_empty_log_makes_empty_projections() {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    client
        .batch_execute("insert into groups values (gen_random_uuid(), 'never made', 5)")
        .await
        .unwrap();
    assert_eq!(rebuild(&own.database, &Progress::default()).await.unwrap().events, 0);
    assert_verified(&own.database).await;
}

#[tokio::test]
async fn a_rebuild_that_is_broken_off_changes_nothing_and_can_be_tidied_up() {
    let (own, client) = with_log(3000).await;
    rebuild(&own.database, &Progress::default()).await.unwrap();
    let before = state::now(&client).await.unwrap();
    for wanted in ["folding", "writing", "swapping"] {
        let progress = Progress::default();
        let reached = async {
            loop {
                match (wanted, progress.phase()) {
                    ("folding", Phase::Folding { .. }) | ("writing", Phase::Writing) => return,
                    ("swapping", Phase::Swapping) => return,
                    _ => tokio::task::yield_now().await,
                }
            }
        };
        tokio::select! {
            biased;
            () = reached => {}
            _ = rebuild(&own.database, &progress) => {}
        }
        tidy(&own.database).await.unwrap();
        assert_eq!(schemas_left(&client).await, 0, "broken off while {wanted}");
        assert_eq!(state::now(&client).await.unwrap(), before);
        assert_verified(&own.database).await;
    }
    rebuild(&own.database, &Progress::default()).await.unwrap();
    assert_eq!(state::now(&client).await.unwrap(), before);
}

#[tokio::test]
async fn a_second_rebuild_at_the_same_time_is_refused_and_so_is_one_that_would_take_a_view_along() {
    let (own, client) = with_log(100).await;
    client.batch_execute("select pg_advisory_lock(-7310002)").await.unwrap();
    let refused = rebuild(&own.database, &Progress::default()).await;
    assert!(matches!(refused, Err(RebuildError::UnderWay)), "{refused:?}");
    client
        .batch_execute("select pg_advisory_unlock(-7310002); create view names as select name from account")
        .await
        .unwrap();
    let refused = rebuild(&own.database, &Progress::default())
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("names") && refused.contains("account"), "{refused}");
    assert_eq!(schemas_left(&client).await, 0);
}

#[tokio::test]
async fn whoever_holds_a_table_for_a_while_is_waited_for_without_a_queue_behind() {
    let (own, client) = with_log(500).await;
    client
        .batch_execute("begin; lock table pair in row exclusive mode")
        .await
        .unwrap();
    let database = own.database.clone();
    let rebuilding = tokio::spawn(async move { rebuild(&database, &Progress::default()).await });
    // A reader that comes meanwhile is not held up for longer than a lock may be waited for.
    let reader = own.database.connect("test").await.unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    let mut seen_waiting = false;
    while !seen_waiting {
        assert!(
            tokio::time::Instant::now() < deadline,
            "the swap never came to the table that is held"
        );
        let waiting = "select exists (select from pg_locks where not granted and relation = 'pair'::regclass)";
        seen_waiting = reader.query_one(waiting, &[]).await.unwrap().get(0);
    }
    let asked = tokio::time::Instant::now();
    reader.query_one("select count(*) from pair", &[]).await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    client.batch_execute("commit").await.unwrap();
    assert!(rebuilding.await.unwrap().unwrap().tries > 1);
    assert_verified(&own.database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rebuilds_while_commands_run_lose_none_of_them() {
    let own = OwnDatabase::new().await;
    let load = Load::start(&own.database, 3).await;
    // Readers that hold several tables at once, in other orders than the swap wants them.
    let reader = own.database.connect("test").await.unwrap();
    let reading = tokio::spawn({
        let stop = load.stop.clone();
        async move {
            while !stop.is_cancelled() {
                let select = "select count(*) from post o join account a on a.id = o.author
                              left join pair p on p.low = a.id left join session s on s.account_id = a.id";
                reader.query_one(select, &[]).await.unwrap();
            }
        }
    });
    for _ in 0..6 {
        let before = load.happened();
        let report = rebuild(&own.database, &Progress::default()).await.unwrap();
        println!("{report:?}, {before} commands before");
        assert_verified(&own.database).await;
        load.goes_on(50).await;
    }
    load.end().await;
    reading.await.unwrap();
    assert_verified(&own.database).await;
    let client = own.database.connect("test").await.unwrap();
    let now = state::now(&client).await.unwrap();
    assert_eq!(state::at(&client, now.position).await.unwrap(), now);
    assert!(now.position.0 > 300, "{}", now.position);
}
