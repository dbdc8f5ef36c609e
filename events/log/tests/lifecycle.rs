//! What is published of the fleet, on a real Postgres: the instances' events, and the waits of logins.

#![allow(clippy::unwrap_used)] // a test that meets an error has failed

mod common;

use common::service::{Service, happened};
use tenfold_core::ids::Position;
use tenfold_core::intent::{InstanceStep, Intent};
use tenfold_log::append::Submission;
use tenfold_log::lifecycle;
use tenfold_log::operational::login_wait::{self, Wait};

#[tokio::test]
async fn only_what_happens_to_instances_is_read_in_order_and_in_pieces() {
    let service = Service::new(10).await;
    service.person("ann").await;
    let drain = Intent::Instance(service.instance, InstanceStep::Drain(String::new()));
    happened(service.writer.submit(Submission::new(drain)).await.unwrap());
    let client = service.own.database.connect("test").await.unwrap();
    let high_water_mark = lifecycle::high_water_mark(&client).await.unwrap();
    let all = lifecycle::events(&client, Position::START, high_water_mark, 100)
        .await
        .unwrap();
    let all = all.events;
    let kinds: Vec<&str> = all.iter().map(|event| event.event.kind()).collect();
    assert_eq!(kinds, ["InstanceRequested", "InstanceReady", "InstanceDraining"]);
    let two = lifecycle::events(&client, Position::START, high_water_mark, 2)
        .await
        .unwrap();
    let rest = lifecycle::events(&client, two.until, high_water_mark, 2).await.unwrap();
    assert_eq!(rest.until, high_water_mark);
    assert_eq!([two.events, rest.events].concat(), all);
    let before_the_last = Position(high_water_mark.0 - 1);
    let without_the_last = lifecycle::events(&client, Position::START, before_the_last, 100).await;
    assert_eq!(without_the_last.unwrap().events, all[..2]);
    let damage = "update event set data = '{}' where kind = 'InstanceReady'";
    client.batch_execute(damage).await.unwrap();
    let two = lifecycle::events(&client, Position::START, high_water_mark, 2)
        .await
        .unwrap();
    assert_eq!(
        (two.events.len(), two.until),
        (1, all[1].position),
        "who counts goes on past what cannot be read"
    );
}

#[tokio::test]
async fn waits_of_several_login_servers_add_up_and_are_taken_once() {
    let service = Service::new(10).await;
    let client = service.own.database.connect("test").await.unwrap();
    let wait = |minute, milliseconds, count| Wait {
        minute,
        milliseconds,
        count,
    };
    let add = async |waits: &[Wait]| login_wait::add(&client, waits).await.unwrap();
    add(&[wait(60, 900, 1), wait(60, 5, 2)]).await;
    add(&[wait(60, 5, 1), wait(120, 5, 1)]).await;
    let taken = login_wait::take(&client).await.unwrap();
    assert_eq!(taken, [wait(60, 5, 3), wait(60, 900, 1), wait(120, 5, 1)]);
    add(&[wait(60, 5, 4)]).await;
    assert_eq!(login_wait::take(&client).await.unwrap(), [wait(60, 5, 4)]);
}
