//! The best known fault of event stores on Postgres: positions become visible out of order, and a reader that goes by
//! position alone loses events. Here 64 appenders pause before their commits, some are abandoned, some killed, and
//! another session is idle in a transaction the whole time; the reader must get every event once, in order, and soon.

#![allow(clippy::unwrap_used)] // a test that meets an error has failed

mod common;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::OwnDatabase;
use rand::RngExt;
use tenfold_log::database::Client;
use uuid::Uuid;

const APPENDERS: usize = 64;
const APPENDS_EACH: usize = 40;
const SOON: Duration = Duration::from_millis(50);
/// A machine that does other things may be late in one round; a reader that waits for the wrong thing is in all.
const ROUNDS: usize = 5;

/// What became of each position that was drawn, and when.
#[derive(Clone, Copy)]
struct Fate {
    committed: bool,
    at: Instant,
}

type Fates = Arc<Mutex<BTreeMap<i64, Fate>>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_read_once_in_order_and_soon() {
    let mut late = Vec::new();
    for _ in 0..ROUNDS {
        // Order and completeness hold in every round, or the test fails here.
        let (slow, noise) = round().await;
        // What a bare round trip takes beside it is the machine's doing, not the reader's.
        if slow <= SOON + noise * 2 {
            return;
        }
        late.push((slow, noise));
    }
    panic!("late in every round: p99 and p99 of a round trip beside it were {late:?}");
}

#[tokio::test]
async fn locks_that_other_programs_hold_stop_neither_readers_nor_appenders() {
    let own = OwnDatabase::new().await;
    let (appender, other) = (connect(&own.url, "appender").await, connect(&own.url, "other").await);
    let before = draw_and_insert(&appender).await;
    appender.batch_execute("commit").await.unwrap();
    // As somebody does who counts their locks from 1, and as somebody does whose number is the sequence's present value.
    let present = *before.last().unwrap();
    other
        .execute("select pg_advisory_lock_shared(1), pg_advisory_lock($1)", &[&present])
        .await
        .unwrap();
    appender.batch_execute("set lock_timeout = '5s'").await.unwrap();
    let after = draw_and_insert(&appender).await;
    appender.batch_execute("commit").await.unwrap();
    let mark: i64 = other.query_one("select log_bound()", &[]).await.unwrap().get(0);
    assert_eq!(Some(mark), after.last().copied());
}

#[tokio::test]
async fn the_announcement_of_a_transaction_from_before_the_keys_changed_counts() {
    let own = OwnDatabase::new().await;
    let (appender, reader) = (connect(&own.url, "appender").await, connect(&own.url, "reader").await);
    draw_and_insert(&appender).await;
    appender.batch_execute("commit").await.unwrap();
    let old = "begin; select pass_gate(), pg_advisory_xact_lock_shared(last_value) from event_position";
    appender.batch_execute(old).await.unwrap();
    let drawn: i64 = appender
        .query_one("select nextval('event_position')", &[])
        .await
        .unwrap()
        .get(0);
    let mark = async || -> i64 { reader.query_one("select log_bound()", &[]).await.unwrap().get(0) };
    assert_eq!(mark().await, drawn - 1);
    appender.batch_execute("rollback").await.unwrap();
    assert_eq!(mark().await, drawn);
}

/// The 99th percentiles of how late events were read, and of a bare round trip beside it.
async fn round() -> (Duration, Duration) {
    let own = OwnDatabase::new().await;
    let idle = own.database.connect("idle in a transaction").await.unwrap();
    idle.batch_execute("begin; select txid_current(); create temporary table held (x int)")
        .await
        .unwrap();
    let (fates, read, round_trips) = append_and_read(&own.url).await;
    drop(idle);

    let committed: Vec<i64> = fates
        .iter()
        .filter(|(_, fate)| fate.committed)
        .map(|(position, _)| *position)
        .collect();
    let got: Vec<i64> = read.iter().map(|(position, _)| *position).collect();
    assert!(
        got.is_sorted_by(|earlier, later| earlier < later),
        "in order, each once"
    );
    assert_eq!(got, committed, "every event, and nothing that was abandoned");
    (percentile(lags(&fates, &read), 0.99), percentile(round_trips, 0.99))
}

async fn append_and_read(url: &str) -> (BTreeMap<i64, Fate>, Vec<(i64, Instant)>, Vec<Duration>) {
    let fates: Fates = Fates::default();
    let mut appenders = tokio::task::JoinSet::new();
    // All are connected before any begins: 64 connections coming about are no part of what is measured.
    let ready = Arc::new(tokio::sync::Barrier::new(APPENDERS + 1));
    for seed in 0..APPENDERS {
        appenders.spawn(append_for_a_while(
            url.to_owned(),
            seed,
            Arc::clone(&fates),
            Arc::clone(&ready),
        ));
    }
    let (done, ending) = tokio::sync::watch::channel(false);
    let reading = tokio::spawn(read_until(url.to_owned(), ending, ready));
    appenders.join_all().await;
    done.send(true).unwrap();
    let (read, round_trips) = reading.await.unwrap();
    let fates = std::mem::take(&mut *fates.lock().unwrap());
    (fates, read, round_trips)
}

/// How long after the moment when it and all before it were complete each event was read.
fn lags(fates: &BTreeMap<i64, Fate>, read: &[(i64, Instant)]) -> Vec<Duration> {
    let mut complete = None;
    let mut complete_by = BTreeMap::new();
    for (position, fate) in fates {
        complete = complete.max(Some(fate.at));
        complete_by.insert(*position, complete.expect("just set"));
    }
    read.iter()
        .map(|(position, at)| at.saturating_duration_since(complete_by[position]))
        .collect()
}

fn percentile(mut all: Vec<Duration>, share: f64) -> Duration {
    all.sort_unstable();
    all[((all.len() - 1) as f64 * share) as usize]
}

async fn connect(url: &str, purpose: &str) -> Client {
    tenfold_log::database::Database::parse(url)
        .unwrap()
        .connect(purpose)
        .await
        .unwrap()
}

async fn append_for_a_while(url: String, seed: usize, fates: Fates, ready: Arc<tokio::sync::Barrier>) {
    let killer = if seed.is_multiple_of(8) {
        Some(connect(&url, "killer").await)
    } else {
        None
    };
    let mut client = connect(&url, "appender").await;
    ready.wait().await;
    for round in 0..APPENDS_EACH {
        let pause = Duration::from_millis(rand::rng().random_range(0..25));
        let positions = draw_and_insert(&client).await;
        tokio::time::sleep(pause).await;
        let committed = match (round % 7, &killer) {
            (3, _) => {
                client.batch_execute("rollback").await.unwrap();
                false
            }
            (5, Some(killer)) => {
                kill(killer, &client).await;
                client = connect(&url, "appender").await;
                false
            }
            _ => {
                client.batch_execute("commit").await.unwrap();
                true
            }
        };
        let at = Instant::now();
        let mut fates = fates.lock().unwrap();
        fates.extend(positions.into_iter().map(|position| (position, Fate { committed, at })));
    }
}

async fn draw_and_insert(client: &Client) -> Vec<i64> {
    let wanted = rand::rng().random_range(1..4usize);
    let fresh = || (0..wanted).map(|_| Uuid::now_v7()).collect::<Vec<_>>();
    client.batch_execute("begin").await.unwrap();
    let row = client
        .query_one(
            "select append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '{}', '{}', '{}')",
            &[
                &fresh(),
                &fresh(),
                &vec![1i64; wanted],
                &vec!["AccountDeleted"; wanted],
                &vec![1i16; wanted],
                &fresh(),
                &vec![0i16; wanted],
                &vec![None::<i64>; wanted],
                &vec![None::<Uuid>; wanted],
                &vec![None::<Uuid>; wanted],
                &vec!["{}"; wanted],
                &vec![None::<&[u8]>; wanted],
            ],
        )
        .await
        .unwrap();
    row.get(0)
}

/// Ends the appender's server process, as the operating system would, and waits until it is gone.
async fn kill(killer: &Client, victim: &Client) {
    let pid: i32 = victim.query_one("select pg_backend_pid()", &[]).await.unwrap().get(0);
    killer
        .execute("select pg_terminate_backend($1, 5000)", &[&pid])
        .await
        .unwrap();
}

/// Reads as every reader must: the high-water mark first, then the events with a later snapshot, and stops at the high-water mark.
async fn read_until(
    url: String,
    ending: tokio::sync::watch::Receiver<bool>,
    ready: Arc<tokio::sync::Barrier>,
) -> (Vec<(i64, Instant)>, Vec<Duration>) {
    let client = connect(&url, "reader").await;
    ready.wait().await;
    let (mut read, mut round_trips, mut after) = (Vec::new(), Vec::new(), 0i64);
    loop {
        let last_time = *ending.borrow();
        let high_water_mark: i64 = client.query_one("select log_bound()", &[]).await.unwrap().get(0);
        let rows = client
            .query(
                "select position from event where position > $1 and position <= $2 order by position",
                &[&after, &high_water_mark],
            )
            .await
            .unwrap();
        let now = Instant::now();
        read.extend(rows.iter().map(|row| (row.get(0), now)));
        after = after.max(high_water_mark);
        if last_time {
            return (read, round_trips);
        }
        client.query_one("select 1", &[]).await.unwrap();
        round_trips.push(now.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
