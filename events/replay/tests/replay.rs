//! The state of now and of any position against a plain fold in memory, and what verification says of damage.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use common::OwnDatabase;
use proptest::prelude::*;
use tenfold_core::event::Recorded;
use tenfold_core::facts::Facts;
use tenfold_core::ids::Position;
use tenfold_log::database::Client;
use tenfold_replay::fold::Counter;
use tenfold_replay::rebuild::{Progress, rebuild};
use tenfold_replay::state::{self, State};
use tenfold_replay::verify::verify;
use tenfold_synthetic::{Shape, Synthetic, store};

/// A database with a log of that shape and the projections that belong to it.
async fn with_log(shape: Shape, events: usize) -> (OwnDatabase, Client, Vec<Recorded>) {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    let log: Vec<Recorded> = Synthetic::new(shape).take(events).collect();
    store(&client, log.iter().cloned()).await.unwrap();
    rebuild(&own.database, &Progress::default()).await.unwrap();
    (own, client, log)
}

/// The simplest way to the state at a position.
fn plainly(log: &[Recorded], until: Position) -> State {
    let mut facts = Facts::default();
    let mut position = Position::START;
    for recorded in log.iter().take_while(|recorded| recorded.position <= until) {
        facts
            .apply(recorded.position, recorded.version, &recorded.event)
            .unwrap();
        position = recorded.position;
    }
    State::of(&facts, position)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn the_state_is_a_fold_at_every_position(seed: u64, parts in prop::collection::vec(0.0..=1.0_f64, 6)) {
        runtime().block_on(async {
            let (_own, client, log) = with_log(Shape::dense(seed), 800).await;
            let end = log.last().unwrap().position;
            for part in parts {
                let wanted = Position((end.0 as f64 * part) as i64);
                assert_eq!(state::at(&client, wanted).await.unwrap(), plainly(&log, wanted), "{wanted}");
            }
            assert_eq!(state::at(&client, end).await.unwrap(), plainly(&log, end));
            assert_eq!(state::now(&client).await.unwrap(), plainly(&log, end));
        });
    }
}

#[tokio::test]
async fn an_empty_log_is_an_empty_state() {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    let nothing = plainly(&[], Position::START);
    assert_eq!(state::now(&client).await.unwrap(), nothing);
    assert_eq!(state::at(&client, Position::START).await.unwrap(), nothing);
    assert!(
        verify(&client, &Counter::default())
            .await
            .unwrap()
            .differences
            .is_empty()
    );
    let beyond = state::at(&client, Position(1)).await.unwrap_err().to_string();
    assert!(beyond.contains("beyond the end") && beyond.contains('0'), "{beyond}");
}

#[tokio::test]
async fn a_position_that_was_abandoned_is_the_one_before_and_one_beyond_the_end_is_refused() {
    let (_own, client, log) = with_log(Shape::dense(1), 50).await;
    let end = log.last().unwrap().position;
    client.execute("select nextval('event_position')", &[]).await.unwrap();
    assert_eq!(state::at(&client, Position(end.0 + 1)).await.unwrap().position, end);
    let refused = state::at(&client, Position(end.0 + 2)).await.unwrap_err().to_string();
    assert!(refused.contains(&format!("position {}", end.0 + 2)), "{refused}");
}

#[tokio::test]
async fn an_append_under_way_is_waited_for() {
    let (own, client, log) = with_log(Shape::dense(2), 50).await;
    let mut appender = own.database.connect("test").await.unwrap();
    let open = appender.transaction().await.unwrap();
    let drawn: Vec<i64> = open.query_one("select draw_positions(1)", &[]).await.unwrap().get(0);
    let waiting = tokio::spawn(async move { state::at(&client, Position(drawn[0])).await });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    open.rollback().await.unwrap();
    assert_eq!(
        waiting.await.unwrap().unwrap(),
        plainly(&log, log.last().unwrap().position)
    );
}

#[tokio::test]
async fn a_verification_tells_each_damage_in_words_and_equal_projections_have_equal_checksums() {
    let (_own, client, log) = with_log(Shape::dense(3), 800).await;
    let good = verify(&client, &Counter::default()).await.unwrap();
    assert!(good.differences.is_empty(), "{:?}", good.differences.sentences());
    assert_eq!((&good.log, good.events), (&good.live, log.len() as u64));
    assert_eq!(good.position, log.last().unwrap().position);

    let damage = "update account set name = name || '\u{1b}' where id = (select id from account limit 1);
                  delete from pair where ctid = (select ctid from pair limit 1);
                  insert into post values (999999, gen_random_uuid(), 'never written')";
    client.batch_execute(damage).await.unwrap();
    let bad = verify(&client, &Counter::default()).await.unwrap();
    assert_ne!(bad.log, bad.live);
    assert_eq!(bad.log, good.log);
    let told = bad.differences.sentences();
    assert_eq!(told.len(), 3, "{told:?}");
    for (index, part) in ["is missing", "differs", "is not in the log"].into_iter().enumerate() {
        assert!(told[index].contains(part), "{told:?}");
    }
    client
        .batch_execute("update instance set state = 'floating'")
        .await
        .unwrap();
    let worse = verify(&client, &Counter::default()).await.unwrap();
    assert!(
        worse.differences.sentences()[0].contains("floating"),
        "{:?}",
        worse.differences.sentences()
    );
}

#[tokio::test]
async fn an_unknown_or_damaged_event_is_left_out_named_and_stops_nothing() {
    let (_own, client, log) = with_log(Shape::dense(4), 300).await;
    let posted = |recorded: &&Recorded| recorded.event.kind() == "Posted";
    let posts: Vec<Position> = log.iter().filter(posted).map(|recorded| recorded.position).collect();
    let (damaged, unknown) = (posts[1], posts[2]);
    let damage = "update event set kind = 'Levitated' where position = $1";
    client.execute(damage, &[&unknown.0]).await.unwrap();
    let damage = "update event set data = '{}' where position = $1";
    client.execute(damage, &[&damaged.0]).await.unwrap();
    let verdict = verify(&client, &Counter::default()).await.unwrap();
    assert_eq!(
        (verdict.position, verdict.findings.len()),
        (log.last().unwrap().position, 2)
    );
    assert!(
        verdict.findings[0].contains(&format!("position {damaged}")) && verdict.findings[0].contains("damaged Posted"),
        "{:?}",
        verdict.findings
    );
    assert!(verdict.findings[1].contains("Levitated"), "{:?}", verdict.findings);
    let last = log.last().unwrap().position;
    let rest: Vec<Recorded> = log
        .iter()
        .filter(|recorded| ![damaged, unknown].contains(&recorded.position))
        .cloned()
        .collect();
    assert_eq!(state::at(&client, last).await.unwrap(), plainly(&rest, last));
}

/// Looking back finds events by the SQL function, the history index by the method in core: both must say the same of every kind.
#[tokio::test]
async fn the_database_and_core_agree_on_what_an_event_is_about() {
    let (_own, client, log) = with_log(Shape::dense(5), 3000).await;
    let select = "select position, event_about(kind, data) from event
                   where kind not in ('Posted', 'MessageSent', 'GroupMessageSent') order by position";
    let rows = client.query(select, &[]).await.unwrap();
    let in_the_database: Vec<(i64, Option<uuid::Uuid>)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let expected: Vec<(i64, Option<uuid::Uuid>)> = log
        .iter()
        .filter(|recorded| !recorded.event.is_message() && recorded.event.kind() != "Posted")
        .map(|recorded| (recorded.position.0, recorded.event.about()))
        .collect();
    assert_eq!(in_the_database, expected);
    assert!(expected.iter().filter(|(_, about)| about.is_some()).count() > 100);
}
