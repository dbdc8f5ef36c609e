//! Several login servers on one database: one of them holds the fleet, and exactly one is the last.

#![allow(clippy::unwrap_used)] // a test panics where it fails

mod common;

use std::time::Duration;

use common::{House, eventually};
use tenfold_fleet::membership::Member;
use tokio::time::timeout;

#[tokio::test]
async fn one_leads_and_another_takes_over_when_it_is_gone() {
    let house = House::new().await;
    let mut first = Member::join(&house.database).await.unwrap();
    let mut second = Member::join(&house.database).await.unwrap();
    assert!(first.leads().await.unwrap());
    assert!(!second.leads().await.unwrap());
    assert!(first.leads().await.unwrap(), "it stays so");
    drop(first);
    let second = std::sync::Arc::new(tokio::sync::Mutex::new(second));
    eventually("the other leads", || async {
        second.lock().await.leads().await.unwrap().then_some(())
    })
    .await;
}

#[tokio::test]
async fn one_that_stands_still_loses_the_fleet_and_one_that_works_for_long_does_not() {
    let house = House::new().await;
    let mut first = Member::join(&house.database).await.unwrap();
    assert!(first.leads().await.unwrap());
    let mut second = Member::join(&house.database).await.unwrap();
    let long_work = async {
        // Longer than the lease. The second one asks meanwhile, and so renews its own.
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_millis(400)).await;
            assert!(!second.leads().await.unwrap());
        }
    };
    first.keep_while(long_work).await;
    // Now the first one does nothing at all, as if it were stopped; its connection stays.
    let second = std::sync::Arc::new(tokio::sync::Mutex::new(second));
    eventually("the other leads", || async {
        second.lock().await.leads().await.unwrap().then_some(())
    })
    .await;
    // Whoever acts for the fleet looks at it through that connection, and finds it ended.
    assert!(first.client().query_one("select 1", &[]).await.is_err());
}

#[tokio::test]
async fn who_resigns_can_be_followed_at_once() {
    let house = House::new().await;
    let mut first = Member::join(&house.database).await.unwrap();
    let mut second = Member::join(&house.database).await.unwrap();
    assert!(first.leads().await.unwrap());
    first.resign().await.unwrap();
    assert!(second.leads().await.unwrap());
    assert!(!first.leads().await.unwrap());
}

#[tokio::test]
async fn of_many_that_leave_at_once_exactly_one_is_the_last() {
    let house = House::new().await;
    for _ in 0..20 {
        let mut members = Vec::new();
        for _ in 0..4 {
            members.push(Member::join(&house.database).await.unwrap());
        }
        let leaves = members.iter_mut().map(Member::leave);
        let left = futures_util::future::join_all(leaves).await;
        let last = left.into_iter().filter(|is_last| *is_last.as_ref().unwrap()).count();
        assert_eq!(last, 1);
        drop(members);
        eventually("their connections are gone", || async {
            let sql = "select count(*) from pg_locks where locktype = 'advisory' and objsubid = 2
                          and database = (select oid from pg_database where datname = current_database())";
            (house.count(sql).await == 0).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn nobody_joins_while_the_last_one_takes_everything_down() {
    let house = House::new().await;
    let mut last = Member::join(&house.database).await.unwrap();
    assert!(last.leave().await.unwrap());
    let joining = Member::join(&house.database);
    tokio::pin!(joining);
    assert!(timeout(Duration::from_millis(200), &mut joining).await.is_err());
    drop(last);
    joining.await.unwrap();
}
