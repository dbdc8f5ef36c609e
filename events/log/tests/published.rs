//! What is told of the instances, and how far: on a real Postgres.

#![allow(clippy::unwrap_used)] // a test that meets an error has failed

mod common;

use std::time::Duration;

use common::service::{Service, happened};
use serde_json::json;
use tenfold_core::ids::{InstanceId, Position};
use tenfold_core::intent::{InstanceStep, Intent};
use tenfold_log::append::Submission;
use tenfold_log::lifecycle;
use tenfold_log::operational::published::{self, Wait};
use uuid::Uuid;

async fn step(service: &Service, instance: InstanceId, step: InstanceStep) {
    let intent = Intent::Instance(instance, step);
    happened(service.writer.submit(Submission::new(intent)).await.unwrap());
}

async fn request(service: &Service) -> InstanceId {
    let instance = InstanceId(Uuid::now_v7());
    let intent = Intent::RequestInstance { instance, seats: 10 };
    happened(service.writer.submit(Submission::new(intent)).await.unwrap());
    instance
}

fn kinds(events: &[tenfold_core::event::Recorded]) -> Vec<&'static str> {
    events.iter().map(|event| event.event.kind()).collect()
}

#[tokio::test]
async fn only_what_happens_to_instances_is_read_in_order_and_in_pieces() {
    let service = Service::new(10).await;
    service.person("ann").await;
    step(&service, service.instance, InstanceStep::Drain).await;
    let client = service.own.database.connect("test").await.unwrap();
    let high_water_mark = lifecycle::high_water_mark(&client).await.unwrap();
    let all = lifecycle::events(&client, Position::START, high_water_mark, 100)
        .await
        .unwrap();
    assert_eq!(kinds(&all), ["InstanceRequested", "InstanceReady", "InstanceDraining"]);
    let two = lifecycle::events(&client, Position::START, high_water_mark, 2)
        .await
        .unwrap();
    let rest = lifecycle::events(&client, two[1].position, high_water_mark, 2)
        .await
        .unwrap();
    assert_eq!([two, rest].concat(), all);
    let minute = chrono::DateTime::from_timestamp(all[1].at.timestamp().div_euclid(60) * 60, 0).unwrap();
    let count = |until| lifecycle::count_in_minute(&client, "InstanceReady", minute, until);
    assert_eq!(
        (
            count(high_water_mark).await.unwrap(),
            count(all[0].position).await.unwrap()
        ),
        (1, 0)
    );
}

#[tokio::test]
async fn of_those_who_have_ended_only_what_is_told_later_needs_their_beginning() {
    let service = Service::new(10).await;
    let ended = request(&service).await;
    step(&service, ended, InstanceStep::Terminated("it was not needed".into())).await;
    let client = service.own.database.connect("test").await.unwrap();
    let middle = lifecycle::high_water_mark(&client).await.unwrap();
    let ends_later = request(&service).await;
    let head = lifecycle::high_water_mark(&client).await.unwrap();
    step(&service, ends_later, InstanceStep::Terminated("nor was this".into())).await;
    // The one that is ready lives on; the one that has ended says nothing any more.
    let until_middle = lifecycle::unfinished(&client, middle).await.unwrap();
    assert_eq!(kinds(&until_middle), ["InstanceRequested", "InstanceReady"]);
    // Of the one that ends after this position, its beginning is needed.
    let until_head = lifecycle::unfinished(&client, head).await.unwrap();
    assert_eq!(
        kinds(&until_head),
        ["InstanceRequested", "InstanceReady", "InstanceRequested"]
    );
}

#[tokio::test]
async fn a_call_that_is_written_down_stays_until_it_is_settled() {
    let service = Service::new(10).await;
    let mut client = service.own.database.connect("test").await.unwrap();
    assert!(published::take_right(&client).await.unwrap());
    let another = service.own.database.connect("test").await.unwrap();
    assert!(
        !published::take_right(&another).await.unwrap(),
        "one publishes at a time"
    );
    let before = published::published(&client).await.unwrap();
    assert_eq!((before.position, before.call), (Position::START, None));

    published::intend(&mut client, &json!([1]), Position(7), &[])
        .await
        .unwrap();
    let found = published::published(&another).await.unwrap();
    let call = found.call.unwrap();
    assert_eq!(
        (found.position, call.position, call.data),
        (Position::START, Position(7), json!([1]))
    );
    assert!(call.attempted.unwrap() < Duration::from_secs(600));
    published::has_not_arrived(&client).await.unwrap();
    let attempted = published::published(&another).await.unwrap().call.unwrap().attempted;
    assert_eq!(attempted, None);
    published::attempt_again(&client).await.unwrap();
    let attempted = published::published(&another).await.unwrap().call.unwrap().attempted;
    assert!(attempted.is_some());
    published::settle(&client, Position(7)).await.unwrap();
    let after = published::published(&another).await.unwrap();
    assert_eq!((after.position, after.call), (Position(7), None));
}

#[tokio::test]
async fn waits_add_up_and_are_told_once() {
    let service = Service::new(10).await;
    let mut client = service.own.database.connect("test").await.unwrap();
    let wait = |minute, milliseconds, count| Wait {
        minute,
        milliseconds,
        count,
    };
    published::add_waits(&client, &[wait(60, 5, 2), wait(60, 900, 1)])
        .await
        .unwrap();
    published::add_waits(&client, &[wait(60, 5, 1), wait(120, 5, 1)])
        .await
        .unwrap();
    let waits = published::waits(&client, 100).await.unwrap();
    assert_eq!(waits, [wait(60, 5, 3), wait(60, 900, 1), wait(120, 5, 1)]);
    published::intend(&mut client, &json!([]), Position(1), &waits[..2])
        .await
        .unwrap();
    published::add_waits(&client, &[wait(60, 5, 4)]).await.unwrap();
    assert_eq!(
        published::waits(&client, 100).await.unwrap(),
        [wait(60, 5, 4), wait(120, 5, 1)]
    );
    assert_eq!(published::waits_told(&client, 60).await.unwrap(), 4);
    assert_eq!(published::waits(&client, 1).await.unwrap().len(), 1);
}
