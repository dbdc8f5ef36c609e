//! The history index on a real log: at every position what an independent model says, whatever happened to the log or
//! to the index in between.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;
#[path = "../../../core/tests/properties/model.rs"]
#[allow(dead_code)] // not all of it is asked for here
mod model;

use std::path::Path;

use common::OwnDatabase;
use common::service::{Service, happened};
use model::Model;
use proptest::prelude::*;
use tenfold_core::event::Recorded;
use tenfold_core::facts::Facts;
use tenfold_core::ids::{AccountId, GroupId, Position};
use tenfold_core::intent::Intent;
use tenfold_log::append::Submission;
use tenfold_log::database::Client;
use tenfold_log::sealing::erased;
use tenfold_replay::history::{History, HistoryError, Progress};
use tenfold_replay::rebuild::{self, rebuild};
use tenfold_replay::state::{self, Block, Group, Instance, Invite, Part, Post, Session, State};
use tenfold_synthetic::{Shape, Synthetic, store};

fn log(shape: Shape, events: usize) -> Vec<Recorded> {
    Synthetic::new(shape).take(events).collect()
}

async fn with_log(log: &[Recorded]) -> (OwnDatabase, Client) {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    store(&client, log.iter().cloned()).await.unwrap();
    (own, client)
}

async fn open(client: &Client, home: &Path) -> History {
    History::open(client, home, &Progress::default()).await.unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort();
    items
}

/// The contract's state, told by the model.
fn told_by(model: &Model, position: Position) -> State {
    let name = |id: AccountId| model.accounts.iter().find(|(known, _)| *known == id).unwrap().1.clone();
    let members = |group: GroupId| {
        let members = model.members.iter().filter(move |(id, _)| *id == group);
        sorted(members.map(|(_, account)| name(*account)))
    };
    let seat = |session| {
        model
            .seats
            .iter()
            .find(|(id, ..)| *id == session)
            .map(|(_, instance, _)| *instance)
    };
    State {
        accounts: sorted(model.accounts.iter().map(|(_, name)| name.clone())),
        friends: sorted(model.friends.iter().map(|(one, other)| {
            let mut pair = [name(*one), name(*other)];
            pair.sort();
            pair
        })),
        invites: sorted(model.invites.iter().map(|(from, to)| Invite {
            from: name(*from),
            to: name(*to),
        })),
        blocks: sorted(model.blocks.iter().map(|(blocker, blocked)| Block {
            blocker: name(*blocker),
            blocked: name(*blocked),
        })),
        posts: sorted(model.posts.iter().map(|(author, text)| Post {
            author: name(*author),
            message: text.clone(),
        })),
        groups: sorted(model.groups.iter().map(|(id, name)| Group {
            name: name.clone(),
            members: members(*id),
        })),
        sessions: sorted(model.sessions.iter().map(|(session, account)| Session {
            user: name(*account),
            instance: seat(*session),
        })),
        instances: sorted(model.instances.iter().map(|(id, state)| Instance {
            id: *id,
            state,
            users: model.seats.iter().filter(|(_, instance, _)| instance == id).count(),
        })),
        position,
    }
}

async fn assert_told_at_every_position(history: &History, client: &Client, log: &[Recorded]) {
    let (mut model, mut before) = (Model::default(), Position::START);
    let mut walking = history.at(Position::START).unwrap();
    for recorded in log {
        // A position that was abandoned is the one before.
        let gap = history.at(Position(recorded.position.0 - 1)).unwrap();
        assert_eq!(gap.position(), before);
        model.happened(&recorded.event);
        before = recorded.position;
        let wanted = told_by(&model, before);
        let view = history.at(before).unwrap();
        assert_eq!(State::of(&view.facts(client).await.unwrap(), view.position()), wanted);
        walking.forward().unwrap();
        assert_eq!(
            State::of(&walking.facts(client).await.unwrap(), walking.position()),
            wanted
        );
    }
    let there = State::of(&walking.facts(client).await.unwrap(), walking.position());
    while walking.back().unwrap() {}
    assert_eq!(walking.facts(client).await.unwrap(), Facts::default());
    while walking.forward().unwrap() {}
    assert_eq!(
        State::of(&walking.facts(client).await.unwrap(), walking.position()),
        there
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn the_state_at_every_position_is_what_the_model_says(seed: u64) {
        runtime().block_on(async {
            let (home, log) = (tempfile::tempdir().unwrap(), log(Shape::dense(seed), 250));
            let (_own, client) = with_log(&log).await;
            let history = open(&client, home.path()).await;
            assert_eq!((history.events(), history.end()), (250, log.last().unwrap().position));
            assert_told_at_every_position(&history, &client, &log).await;
        });
    }

    #[test]
    fn an_index_that_grew_with_the_log_is_the_one_that_was_made_at_once(seed: u64, cuts in prop::collection::vec(0..700_usize, 4)) {
        runtime().block_on(async {
            let (home, fresh_home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let log = log(Shape::dense(seed), 700);
            let (own, client) = with_log(&log).await;
            client.batch_execute("create table later as select * from event; truncate event").await.unwrap();
            let mut cuts = cuts;
            cuts.sort_unstable();
            cuts.push(log.len());
            for cut in cuts {
                let until = log.get(cut).map_or(i64::MAX, |recorded| recorded.position.0 - 1);
                let grow = "insert into event select * from later where position <= $1 on conflict do nothing";
                client.execute(grow, &[&until]).await.unwrap();
                let grown = open(&client, home.path()).await;
                assert_eq!(grown.events(), cut as u64);
            }
            // A rebuild changes nothing in the log.
            rebuild(&own.database, &rebuild::Progress::default()).await.unwrap();
            let (grown, fresh) = (open(&client, home.path()).await, open(&client, fresh_home.path()).await);
            for recorded in &log {
                assert_eq!(grown.step(recorded.position).unwrap(), fresh.step(recorded.position).unwrap());
            }
            let end = log.last().unwrap().position;
            let (grown, fresh) = (grown.at(end).unwrap(), fresh.at(end).unwrap());
            assert_eq!(grown.facts(&client).await.unwrap(), fresh.facts(&client).await.unwrap());
        });
    }

    #[test]
    fn a_part_is_the_same_out_of_little_as_out_of_everything(seed: u64, part in 0.2..=1.0_f64) {
        runtime().block_on(async {
            let (home, log) = (tempfile::tempdir().unwrap(), log(Shape::dense(seed), 500));
            let (_own, client) = with_log(&log).await;
            let view = open(&client, home.path()).await.after((part * 500.0) as u64).unwrap();
            let (all, position) = (view.facts(&client).await.unwrap(), view.position());
            let ids = all.accounts().map(|row| row.id.0);
            let ids = ids.chain(all.groups().map(|row| row.id.0)).chain(all.instances().map(|row| row.id.0));
            for id in ids {
                let little = view.facts_about(&client, id).await.unwrap();
                assert_eq!(Part::of(&little, id, position), Part::of(&all, id, position));
            }
        });
    }
}

#[tokio::test]
async fn an_empty_log_has_a_beginning_and_no_more() {
    let (home, own) = (tempfile::tempdir().unwrap(), OwnDatabase::new().await);
    let client = own.database.connect("test").await.unwrap();
    let history = open(&client, home.path()).await;
    assert_eq!((history.events(), history.end()), (0, Position::START));
    let mut view = history.at(Position(5)).unwrap();
    assert!(!view.forward().unwrap() && !view.back().unwrap());
    assert_eq!(view.facts(&client).await.unwrap(), Facts::default());
}

#[tokio::test]
async fn the_index_of_a_log_that_went_another_way_is_made_anew() {
    let home = tempfile::tempdir().unwrap();
    let (first, second) = (log(Shape::dense(1), 300), log(Shape::dense(2), 200));
    let (_own, client) = with_log(&first).await;
    assert_eq!(open(&client, home.path()).await.events(), 300);
    client.batch_execute("truncate event").await.unwrap();
    store(&client, second.iter().cloned()).await.unwrap();
    let history = open(&client, home.path()).await;
    assert_eq!(history.events(), 200);
    assert_told_at_every_position(&history, &client, &second).await;
}

#[tokio::test]
async fn two_databases_have_two_indexes_in_one_home() {
    let home = tempfile::tempdir().unwrap();
    let (first, second) = (log(Shape::dense(1), 100), log(Shape::dense(2), 100));
    let ((_one, one), (_other, other)) = (with_log(&first).await, with_log(&second).await);
    let (one, other) = (open(&one, home.path()).await, open(&other, home.path()).await);
    assert_ne!(one.folder(), other.folder());
    assert_ne!(
        one.step(first[3].position).unwrap(),
        other.step(first[3].position).unwrap()
    );
}

#[tokio::test]
async fn many_at_once_wait_for_the_one_that_writes() {
    let (home, log) = (tempfile::tempdir().unwrap(), log(Shape::dense(4), 3000));
    let (own, _client) = with_log(&log).await;
    let mut opening = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (database, home) = (own.database.clone(), home.path().to_owned());
        opening.spawn(async move {
            let client = database.connect("test").await.unwrap();
            let history = open(&client, &home).await;
            history.at(history.end()).unwrap().facts(&client).await.unwrap()
        });
    }
    let all = opening.join_all().await;
    assert!(all.iter().all(|facts| *facts == all[0]));
    assert!(all[0].accounts().next().is_some());
}

#[tokio::test]
async fn a_damaged_index_is_said_to_be_so_and_is_right_after_it_was_thrown_away() {
    let (home, log) = (tempfile::tempdir().unwrap(), log(Shape::dense(5), 3000));
    let (_own, client) = with_log(&log).await;
    let history = open(&client, home.path()).await;
    let rows = history.folder().join("rows");
    let mut bytes = std::fs::read(&rows).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    std::fs::write(&rows, bytes).unwrap();
    let history = open(&client, home.path()).await;
    let damaged = history.at(history.end()).err().unwrap();
    assert!(matches!(damaged, HistoryError::Damaged { .. }), "{damaged}");
    History::discard(&client, home.path()).await.unwrap();
    let history = open(&client, home.path()).await;
    let facts = history.at(history.end()).unwrap().facts(&client).await.unwrap();
    let mut model = Model::default();
    log.iter().for_each(|recorded| model.happened(&recorded.event));
    assert_eq!(State::of(&facts, history.end()), told_by(&model, history.end()));
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("history"), "a file where a folder should be").unwrap();
    let (_own, client) = with_log(&log(Shape::dense(1), 10)).await;
    let refused = History::open(&client, home.path(), &Progress::default()).await;
    let said = refused.err().unwrap().to_string();
    assert!(said.contains("history") && said.contains("--home"), "{said}");
}

#[tokio::test]
async fn who_is_erased_is_erased_from_every_position_and_others_see_what_they_saw() {
    let (home, service) = (tempfile::tempdir().unwrap(), Service::new(10).await);
    let (bob, zerlina) = (service.person("bob").await, service.person("zerlina").await);
    service.befriend(&bob, &zerlina).await;
    let (post, _) = happened(service.run(&zerlina, "post quux-quux").await);
    let (later, _) = happened(service.run(&bob, "post still here").await);
    let client = service.own.database.connect("test").await.unwrap();
    let texts = |facts: &Facts| sorted(facts.posts().map(|post| post.text.clone()));
    let then = open(&client, home.path()).await.at(later).unwrap();
    let facts = then.facts(&client).await.unwrap();
    assert!(facts.account_named("zerlina").is_some());
    assert_eq!(texts(&facts), ["quux-quux", "still here"]);

    let delete = Submission::new(Intent::Delete(zerlina.clone()));
    happened(service.writer.submit(delete).await.unwrap());
    let history = open(&client, home.path()).await;
    let then = history.at(later).unwrap();
    assert!(then.friends(bob.account, zerlina.account).unwrap() && then.sees(bob.account, post).unwrap());
    let facts = then.facts(&client).await.unwrap();
    let erased = erased(zerlina.account.0);
    assert_eq!(facts.account(zerlina.account).unwrap().name, erased);
    assert_eq!(texts(&facts), [erased, "still here".to_owned()]);
    let now = history.at(history.end()).unwrap();
    assert!(!now.lives(zerlina.account).unwrap() && !now.sees(bob.account, post).unwrap());
    for file in std::fs::read_dir(history.folder()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let has = |secret: &str| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!has("zerlina") && !has("quux"));
    }
}

/// Whether the index was made anew because the log is not as it was, and what it says now is what the log says.
async fn notices(client: &Client, home: &Path, end: Position) -> bool {
    let progress = Progress::default();
    let history = History::open(client, home, &progress).await.unwrap();
    let view = history.at(end).unwrap();
    let told = State::of(&view.facts(client).await.unwrap(), view.position());
    assert_eq!(told, state::at(client, end).await.unwrap());
    progress.was_changed()
}

#[tokio::test]
async fn an_event_that_was_changed_under_the_index_is_noticed() {
    let (home, log) = (tempfile::tempdir().unwrap(), log(Shape::dense(17), 2000));
    let (_own, client) = with_log(&log).await;
    let end = log.last().unwrap().position;
    assert!(!notices(&client, home.path(), end).await);
    let posts = log.iter().filter(|recorded| recorded.event.kind() == "Posted");
    let posts: Vec<i64> = posts.map(|recorded| recorded.position.0).collect();
    for (change, is_one) in [
        ("update event set personal = null where position = $1", false),
        ("update event set kind_version = 99 where position = $1", true),
        ("update event set data = '{}' where position = $1", true),
        ("delete from event where position = $1", true),
    ] {
        let post = posts[posts.len() / 2];
        assert_eq!(client.execute(change, &[&post]).await.unwrap(), 1);
        assert_eq!(notices(&client, home.path(), end).await, is_one, "{change}");
        assert!(!notices(&client, home.path(), end).await, "once: {change}");
    }
}
