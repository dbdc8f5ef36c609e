//! The reconciler on a real database, with a provider that runs nothing and servers that the test plays.

#![allow(clippy::unwrap_used)] // a test panics where it fails

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{House, Pretended, eventually};
use tenfold_core::command::Actor;
use tenfold_core::ids::InstanceId;
use tenfold_fleet::change_signal::listen_for_changes;
use tenfold_fleet::membership::Member;
use tenfold_fleet::plan::Policy;
use tenfold_fleet::provider::Provider;
use tenfold_fleet::reconcile::{Executor, Limits, Reconciler};
use tenfold_log::append::Outcome;
use tenfold_log::operational::{fleet, waiting};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A reconciler at work.
struct AtWork {
    stopping: CancellationToken,
    task: JoinHandle<Option<Member>>,
}

fn policy() -> Policy {
    Policy {
        seats: 2,
        idle_grace: Duration::from_millis(200),
        drain_settle: Duration::from_millis(200),
        drain_linger: Duration::from_millis(100),
        launch_backoff: Duration::from_millis(100),
        provider_lag: Duration::from_millis(100),
        ..Policy::local()
    }
}

async fn work(house: &House, provider: &Pretended, policy: Policy) -> AtWork {
    let patient = Limits {
        seat_hold: Duration::from_secs(600),
        session_ttl: Duration::from_secs(6000),
    };
    work_within(house, provider, policy, patient).await
}

async fn work_within(house: &House, provider: &Pretended, policy: Policy, limits: Limits) -> AtWork {
    let stopping = CancellationToken::new();
    let reconciler = Reconciler {
        database: house.database.clone(),
        revive_database: Box::new(|| Box::pin(async {})),
        policy,
        limits,
        executor: Executor::new(house.writer.clone(), Arc::new(provider.clone()), 2),
        changes: listen_for_changes(house.database.clone(), stopping.clone()),
        child_ended: Arc::default(),
        status: watch::Sender::default(),
    };
    let member = Member::join(&house.database).await.unwrap();
    let task = tokio::spawn(reconciler.run(member, stopping.clone()));
    AtWork { stopping, task }
}

impl AtWork {
    async fn stop(self) {
        self.stopping.cancel();
        self.task.await.unwrap();
    }
}

/// Launched servers say that they live, and go on saying so.
fn keep_beating(house: &Arc<House>, provider: &Pretended) -> JoinHandle<()> {
    let (house, provider) = (Arc::clone(house), provider.clone());
    tokio::spawn(async move {
        loop {
            for instance in provider.instances() {
                house.beat(instance, 7).await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
}

async fn wait_in_line(house: &House, actors: &[Actor]) {
    for actor in actors {
        waiting::enrol(&house.client, Uuid::nil(), actor.account).await.unwrap();
    }
}

async fn in_state(house: &House, state: &str) -> i64 {
    house
        .count(&format!("select count(*) from instance where state = '{state}'"))
        .await
}

async fn until_states(house: &House, state: &str, wanted: i64) {
    eventually(&format!("{wanted} servers are {state}"), || async {
        (in_state(house, state).await == wanted).then_some(())
    })
    .await;
}

async fn seated(house: &House, actor: &Actor) -> bool {
    let sql = "select exists (select from seat where session_id = $1)";
    house.client.query_one(sql, &[&actor.session.0]).await.unwrap().get(0)
}

async fn some_people(house: &House, count: usize) -> Vec<Actor> {
    let mut people = Vec::new();
    for number in 0..count {
        people.push(house.register(&format!("user{number}")).await);
    }
    people
}

async fn log_all_in(house: &House, people: &[Actor]) {
    for person in people {
        eventually("a seat for everybody", || async {
            matches!(house.log_in(person).await, Outcome::Happened { .. }).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn exactly_as_many_are_launched_as_those_waiting_need_and_all_end_when_idle() {
    let house = Arc::new(House::new().await);
    let provider = Pretended::default();
    let people = some_people(&house, 5).await;
    wait_in_line(&house, &people).await;
    let at_work = work(&house, &provider, policy()).await;
    until_states(&house, "launched", 3).await;
    let beating = keep_beating(&house, &provider);
    until_states(&house, "ready", 3).await;
    log_all_in(&house, &people).await;
    assert_eq!(house.count("select count(*) from instance").await, 3);
    for person in &people {
        house.happen(tenfold_core::intent::Intent::Logout(person.clone())).await;
    }
    until_states(&house, "terminated", 3).await;
    assert_eq!(provider.instances(), []);
    beating.abort();
    at_work.stop().await;
}

#[tokio::test]
async fn a_server_that_falls_silent_is_lost_and_its_users_get_other_seats() {
    let house = Arc::new(House::new().await);
    let provider = Pretended::default();
    let people = some_people(&house, 1).await;
    wait_in_line(&house, &people).await;
    let at_work = work(&house, &provider, policy()).await;
    let beating = keep_beating(&house, &provider);
    log_all_in(&house, &people).await;
    beating.abort();
    until_states(&house, "lost", 1).await;
    eventually("the seat is released", || async {
        (!seated(&house, &people[0]).await).then_some(())
    })
    .await;
    eventually("the machine is ended", || async {
        provider.instances().is_empty().then_some(())
    })
    .await;
    assert_eq!(
        house.count("select count(*) from session").await,
        1,
        "the session lives on"
    );
    at_work.stop().await;
}

#[tokio::test]
async fn users_who_fit_on_fewer_servers_are_moved_together() {
    let house = Arc::new(House::new().await);
    let provider = Pretended::default();
    let people = some_people(&house, 4).await;
    wait_in_line(&house, &people).await;
    let at_work = work(&house, &provider, policy()).await;
    let beating = keep_beating(&house, &provider);
    log_all_in(&house, &people).await;
    // One of each server's two leaves.
    for person in [&people[0], &people[2]] {
        house.happen(tenfold_core::intent::Intent::Logout(person.clone())).await;
    }
    until_states(&house, "terminated", 1).await;
    assert_eq!(in_state(&house, "ready").await, 1);
    assert!(seated(&house, &people[1]).await && seated(&house, &people[3]).await);
    beating.abort();
    at_work.stop().await;
}

#[tokio::test]
async fn who_stays_away_gives_up_the_seat_and_then_the_session() {
    let house = Arc::new(House::new().await);
    let provider = Pretended::default();
    let people = some_people(&house, 1).await;
    wait_in_line(&house, &people).await;
    let impatient = Limits {
        seat_hold: Duration::from_secs(2),
        session_ttl: Duration::from_secs(4),
    };
    let at_work = work_within(&house, &provider, policy(), impatient).await;
    let beating = keep_beating(&house, &provider);
    log_all_in(&house, &people).await;
    eventually("the seat is given up", || async {
        (!seated(&house, &people[0]).await).then_some(())
    })
    .await;
    assert_eq!(house.count("select count(*) from session").await, 1);
    eventually("the session ends", || async {
        (house.count("select count(*) from session").await == 0).then_some(())
    })
    .await;
    beating.abort();
    at_work.stop().await;
}

#[tokio::test]
async fn a_provider_that_fails_is_asked_again_and_not_in_a_hurry() {
    let house = Arc::new(House::new().await);
    let provider = Pretended::default();
    *provider.broken.lock().unwrap() = true;
    let people = some_people(&house, 1).await;
    wait_in_line(&house, &people).await;
    let at_work = work(&house, &provider, policy()).await;
    eventually("a few failures", || async {
        wait_in_line(&house, &people).await;
        (in_state(&house, "terminated").await >= 3).then_some(())
    })
    .await;
    assert!(in_state(&house, "terminated").await < 8, "each pause is twice the last");
    *provider.broken.lock().unwrap() = false;
    eventually("it is launched at last", || async {
        wait_in_line(&house, &people).await;
        (!provider.instances().is_empty()).then_some(())
    })
    .await;
    at_work.stop().await;
}

#[tokio::test]
async fn what_nobody_knows_is_ended_and_what_runs_is_adopted() {
    let house = Arc::new(House::new().await);
    let provider = Pretended::default();
    let people = some_people(&house, 1).await;
    wait_in_line(&house, &people).await;
    let first = work(&house, &provider, policy()).await;
    let beating = keep_beating(&house, &provider);
    log_all_in(&house, &people).await;
    first.stop().await;
    let known = provider.instances();
    let stranger = InstanceId(Uuid::now_v7());
    provider.launch(stranger).await.unwrap();
    let second = work(&house, &provider, policy()).await;
    eventually("the stranger is ended", || async {
        (provider.instances() == known).then_some(())
    })
    .await;
    assert_eq!(in_state(&house, "ready").await, 1);
    assert!(seated(&house, &people[0]).await);
    beating.abort();
    second.stop().await;
}

#[tokio::test]
async fn who_has_a_seat_waits_no_more_and_who_left_is_forgotten() {
    let house = Arc::new(House::new().await);
    let people = some_people(&house, 2).await;
    wait_in_line(&house, &people).await;
    let observed = fleet::observe(&house.client).await.unwrap();
    assert_eq!(observed.waiting, [people[0].account, people[1].account]);
    let left = [people[0].account];
    waiting::renew(&house.client, Uuid::nil(), &[people[1].account], &left)
        .await
        .unwrap();
    let provider = Pretended::default();
    let at_work = work(&house, &provider, policy()).await;
    let beating = keep_beating(&house, &provider);
    log_all_in(&house, &people[1..]).await;
    let observed = fleet::observe(&house.client).await.unwrap();
    assert_eq!(observed.waiting, []);
    assert_eq!(
        house.count("select count(*) from waiting_login").await,
        1,
        "its row is there nevertheless"
    );
    beating.abort();
    at_work.stop().await;
}
