//! What is for whom, where they sit, and who is told of it: on a real Postgres.

#![allow(clippy::unwrap_used)] // a test that meets an error has failed

mod common;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use common::service::{Service, happened};
use tenfold_core::envelope::MessageNotice;
use tenfold_core::event::Event;
use tenfold_core::ids::{InstanceId, Position};
use tenfold_core::intent::Intent;
use tenfold_core::protocol::Push;
use tenfold_log::append::{CommitHook, Publish, Submission};
use tenfold_log::names::instance_channel;
use tenfold_log::read::{Delivered, Delivery, Held};
use uuid::Uuid;

fn delivered(delivery: &Delivery) -> Vec<String> {
    let words = |item: &Delivered| match item {
        Delivered::Message {
            push:
                Push::Message {
                    from,
                    to,
                    group,
                    message,
                    ..
                },
            ..
        } => format!("{from} {to:?} {group:?} {message}"),
        other => format!("{other:?}").split_once(' ').unwrap().0.to_owned(),
    };
    delivery.items.iter().map(|(_, item)| words(item)).collect()
}

#[tokio::test]
async fn messages_are_delivered_in_order_and_end_with_the_session() {
    let service = Service::new(10).await;
    let [a, b] = [service.person("a").await, service.person("b").await];
    service.befriend(&a, &b).await;
    happened(service.run(&b, "create-group g").await);
    let before = service.reader.high_water_mark().await.unwrap();
    happened(service.run(&a, "send b one").await);
    happened(service.run(&b, "send-group g two").await);
    happened(service.run(&a, "send b three").await);
    happened(
        service
            .writer
            .submit(Submission::new(Intent::Delete(b.clone())))
            .await
            .unwrap(),
    );
    let delivery = service
        .reader
        .deliver(&[(b.clone(), before)], 100, &Held::new())
        .await
        .unwrap();
    assert_eq!(
        delivered(&delivery),
        [r#"a Some("b") None one"#, r#"a Some("b") None three"#, "Ended",],
        "what b wrote is gone with b"
    );
    assert!(delivery.unfinished.is_empty());
    let some = service
        .reader
        .deliver(&[(b.clone(), before)], 2, &Held::new())
        .await
        .unwrap();
    assert_eq!(some.items.len(), 1);
    assert!(some.unfinished.contains(&b.session));
    happened(
        service
            .writer
            .submit(Submission::new(Intent::Delete(a.clone())))
            .await
            .unwrap(),
    );
    let delivery = service
        .reader
        .deliver(&[(b.clone(), before)], 100, &Held::new())
        .await
        .unwrap();
    assert_eq!(delivered(&delivery), ["Ended"], "and so is what a wrote");
}

#[tokio::test]
async fn what_is_held_is_not_read_again_and_delivered_in_its_turn_to_whom_it_is_for() {
    let service = Service::new(10).await;
    let [a, b] = [service.person("a").await, service.person("b").await];
    service.befriend(&a, &b).await;
    happened(service.run(&b, "create-group g").await);
    let before = service.reader.high_water_mark().await.unwrap();
    let (one, _) = happened(service.run(&a, "send b one").await);
    happened(service.run(&a, "send b two").await);
    let (three, _) = happened(service.run(&b, "send-group g three").await);
    // Its words differ from the log's, so that it shows where they are from.
    let notice = |position, group: Option<&str>| {
        let notice = MessageNotice {
            position,
            from: "held from".into(),
            group: group.map(str::to_owned),
            text: "held".into(),
        };
        (position, Arc::new(notice))
    };
    let beyond = Position(three.0 + 1000);
    let held = Held::from([notice(one, None), notice(three, Some("held g")), notice(beyond, None)]);
    let delivery = service
        .reader
        .deliver(&[(b, before), (a, before)], 100, &held)
        .await
        .unwrap();
    assert_eq!(
        delivered(&delivery),
        [
            r#"held from Some("b") None held"#,
            r#"a Some("b") None two"#,
            r#"held from None Some("held g") held"#,
        ],
        "a is in no group and was sent nothing"
    );
}

#[tokio::test]
async fn messages_are_addressed_to_the_servers_of_those_they_are_for() {
    let service = Service::new(10).await;
    let [a, b] = [service.person("a").await, service.person("b").await];
    let absent = service.register("absent").await;
    let (_, events) = happened(service.run(&b, "create-group g").await);
    let Some(Event::GroupCreated { group, .. }) = events.first() else {
        panic!("{events:?}")
    };
    let recipients = [b.account.0, absent.0, group.0];
    let addresses = service.reader.addresses(&recipients, &[a.account.0]).await.unwrap();
    let here = BTreeSet::from([service.instance]);
    assert_eq!(addresses.servers, [(b.account.0, here.clone()), (group.0, here)].into());
    assert_eq!(
        addresses.names,
        [(a.account.0, "a".to_owned()), (group.0, "g".to_owned())].into()
    );
}

/// Takes what its list allows.
#[derive(Default)]
struct Choosy {
    takes: bool,
    asked: Mutex<Vec<(Position, Event)>>,
}

impl Publish for Choosy {
    fn publish(&self, position: Position, event: &Event) -> bool {
        self.asked.lock().unwrap().push((position, event.clone()));
        self.takes
    }
}

/// What a publisher was asked to take of a message and of something else, and whether the doorbell rang.
async fn asked_and_notified(takes: bool) -> (Vec<Position>, Position, bool) {
    let publisher = Arc::new(Choosy {
        takes,
        ..Choosy::default()
    });
    let commit_hook = CommitHook {
        publisher: Some(publisher.clone()),
        ..CommitHook::default()
    };
    let doorbell = commit_hook.doorbell.clone();
    let service = Service::with_commit_hook(10, commit_hook).await;
    let [a, b] = [service.person("a").await, service.person("b").await];
    service.befriend(&a, &b).await;
    let (here, elsewhere) = (service.instance, InstanceId(Uuid::now_v7()));
    let (channel, mark) = (instance_channel(here), instance_channel(elsewhere));
    let channels = [channel.as_str(), mark.as_str()];
    let listening = service.own.database.connect_listening("test", &channels).await;
    let (_client, mut notifications) = listening.unwrap();
    let (sent, _) = happened(service.run(&a, "send b hello").await);
    // What waits together is notified in one go, in any order: after the second mark everything of before has come.
    let mut heard = Vec::new();
    for _ in 0..2 {
        doorbell.ring_server(elsewhere);
        while let Some(channel) = notifications.next().await.filter(|channel| *channel != mark) {
            heard.push(channel);
        }
    }
    let positions = publisher
        .asked
        .lock()
        .unwrap()
        .iter()
        .map(|(position, _)| *position)
        .collect();
    (positions, sent, heard.contains(&channel))
}

#[tokio::test]
async fn what_a_publisher_takes_rings_no_doorbell() {
    let (asked, sent, notified) = asked_and_notified(true).await;
    assert_eq!(asked, [sent]);
    assert!(!notified);
}

#[tokio::test]
async fn what_a_publisher_leaves_rings_the_doorbell() {
    let (asked, sent, notified) = asked_and_notified(false).await;
    assert_eq!(asked, [sent]);
    assert!(notified);
}

/// Everything that can be wrong with one event: its seal, its fields, its kind, its version, and the key of whoever wrote it.
#[tokio::test]
async fn what_cannot_be_read_is_confined_to_whom_it_is_for() {
    let service = Service::new(10).await;
    let [a, b, c, d] = [
        service.person("a").await,
        service.person("b").await,
        service.person("c").await,
        service.person("d").await,
    ];
    service.befriend(&a, &b).await;
    service.befriend(&c, &d).await;
    happened(service.run(&c, "create-group g").await);
    happened(service.run(&b, "join-group g").await);
    let client = service.own.database.connect("test").await.unwrap();
    let damages = [
        ("sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 255)", true),
        ("data = '{}'", true),
        ("kind_version = 99", true),
        ("kind = 'Levitated'", false),
        ("personal = '{\"text\":7}', sealed = null", true),
    ];
    for (damage, is_shown) in damages {
        let before = service.reader.high_water_mark().await.unwrap();
        let (rotten, _) = happened(service.run(&a, "send b rotten").await);
        let update = format!("update event set {damage} where position = {rotten}");
        client.batch_execute(&update).await.unwrap();
        happened(service.run(&c, "send d hello").await);
        happened(service.run(&a, "send b later").await);
        let cursors = [(b.clone(), before), (d.clone(), before)];
        let delivery = service.reader.deliver(&cursors, 100, &Held::new()).await.unwrap();
        let mut told = delivered(&delivery);
        told.sort();
        let mut wanted = vec![r#"a Some("b") None later"#, r#"c Some("d") None hello"#];
        wanted.extend(is_shown.then_some(r#"a Some("b") None (damaged)"#));
        wanted.sort_unstable();
        assert_eq!(told, wanted, "{damage}");
    }
    let before = service.reader.high_water_mark().await.unwrap();
    let rotten = format!(
        "update tenfold_keys.account set wrapped = '\\x00' where account_id = '{}'",
        a.account
    );
    happened(service.run(&a, "send b unreadable").await);
    client.batch_execute(&rotten).await.unwrap();
    happened(service.run(&c, "send-group g all").await);
    let cursors = [(b, before)];
    let delivery = service.reader.deliver(&cursors, 100, &Held::new()).await.unwrap();
    assert_eq!(
        delivered(&delivery),
        [r#"a Some("b") None (damaged)"#, r#"c None Some("g") all"#]
    );
}
