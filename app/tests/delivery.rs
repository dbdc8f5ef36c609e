//! What is pushed: every message once, in order, wherever the session goes.

#![allow(clippy::unwrap_used)] // a test panics where it fails

mod common;

use std::time::Duration;

use common::{Client, House, User, befriend};
use serde_json::json;
use tenfold_core::intent::{InstanceStep, Intent};
use tenfold_log::operational::delivered;
use tokio::time::Instant;

async fn send(client: &mut Client, from: &User, to: &User, message: &str) -> i64 {
    let reply = client
        .ask(&format!("send {} {} {message}", from.token, to.actor.name))
        .await;
    assert_eq!(reply["message"], "Success!");
    reply["position"].as_i64().unwrap()
}

#[tokio::test]
async fn messages_come_after_the_position_and_as_they_are_sent() {
    let house = House::new().await;
    let server = house.server(10).await;
    let (alice, bob, mut sender) = (
        house.user("alice").await,
        house.user("bob").await,
        server.client().await,
    );
    befriend(&mut sender, &alice, &bob).await;
    let first = send(&mut sender, &alice, &bob, "one").await;
    let second = send(&mut sender, &alice, &bob, "two").await;
    let mut bobs = server.client().await;
    assert_eq!(bobs.says(&format!("attach {} {first}", bob.token)).await, "Success!");
    let push = |message, position| {
        json!({"push": "message", "user": "bob", "from": "alice", "to": "bob",
               "message": message, "position": position})
    };
    assert_eq!(bobs.next().await, push("two", second));
    let third = send(&mut sender, &alice, &bob, "three").await;
    assert_eq!(bobs.next().await, push("three", third));
}

#[tokio::test]
async fn a_group_message_reaches_every_member_and_the_sender() {
    let house = House::new().await;
    let server = house.server(10).await;
    let (alice, bob, mut client) = (
        house.user("alice").await,
        house.user("bob").await,
        server.client().await,
    );
    client.says(&format!("create-group {} g", alice.token)).await;
    client.says(&format!("join-group {} g", bob.token)).await;
    let (mut one, mut other) = (server.client().await, server.client().await);
    one.attach(&alice).await;
    one.attach(&bob).await;
    other.attach(&bob).await;
    client.says(&format!("send-group {} g hello", alice.token)).await;
    let mut users = [one.next().await, one.next().await].map(|push| {
        assert_eq!((&push["from"], &push["group"]), (&json!("alice"), &json!("g")));
        push["user"].as_str().unwrap().to_owned()
    });
    users.sort();
    assert_eq!(users, ["alice", "bob"]);
    assert_eq!(other.next().await["message"], "hello");
}

#[tokio::test]
async fn a_sync_follows_all_that_it_asks_for() {
    let house = House::new().await;
    let server = house.server(10).await;
    let (alice, bob, mut client) = (
        house.user("alice").await,
        house.user("bob").await,
        server.client().await,
    );
    befriend(&mut client, &alice, &bob).await;
    let refused = client.ask(&format!("sync {}", bob.token)).await;
    assert!(
        refused["message"].as_str().unwrap().contains("not attached"),
        "{refused}"
    );
    client.attach(&bob).await;
    for number in 0..50 {
        client.send(&format!("send {} bob {number}", alice.token)).await;
    }
    client.send(&format!("sync {}", bob.token)).await;
    let (mut messages, mut replies) = (Vec::new(), 0);
    while replies < 51 {
        let line = client.next().await;
        match line["push"].as_str() {
            Some(_) => messages.push(line["message"].as_str().unwrap().parse::<i32>().unwrap()),
            None => replies += 1,
        }
    }
    assert_eq!(
        messages,
        (0..50).collect::<Vec<_>>(),
        "all before the sync's reply, in order"
    );
    let beyond = client.says(&format!("sync {} 999999", bob.token)).await;
    assert!(beyond.contains("beyond the log's end"), "{beyond}");
}

#[tokio::test]
async fn what_was_acknowledged_is_remembered_and_gets_no_reply() {
    let house = House::new().await;
    let server = house.server(10).await;
    let (bob, mut client) = (house.user("bob").await, server.client().await);
    let (token, session) = (&bob.token, bob.actor.session);
    for ack in ["12", "40", "9", "", "x"] {
        client.send(&format!("ack {token} {ack}")).await;
    }
    client.send("ack nonsense 99").await;
    assert_eq!(client.says("hello").await, "Unknown command hello");
    let remembered = format!("select position from acknowledged where session_id = '{session}'");
    house.until(&remembered, "40").await;
    client.send(&format!("ack {token} 41")).await;
    assert_eq!(client.says("hello").await, "Unknown command hello");
    server.stopping.cancel();
    server.task.await.unwrap().unwrap();
    house.until(&remembered, "41").await;
}

#[tokio::test]
async fn who_is_moved_is_told_where_and_loses_nothing() {
    let house = House::new().await;
    let here = house.server(2).await;
    let (alice, bob, mut client) = (house.user("alice").await, house.user("bob").await, here.client().await);
    befriend(&mut client, &alice, &bob).await;
    let mut bobs = here.client().await;
    bobs.attach(&bob).await;
    let there = house.server(2).await;
    send(&mut client, &alice, &bob, "before").await;
    house
        .happen(Intent::Instance(here.instance, InstanceStep::Drain(String::new())))
        .await;
    let (actor, from) = (bob.actor.clone(), here.instance);
    house.happen(Intent::MoveSeat { actor, from }).await;
    send(&mut client, &alice, &bob, "after").await;
    let before = bobs.next().await;
    assert_eq!(before["message"], "before");
    assert_eq!(
        bobs.next().await,
        json!({"push": "moved", "user": "bob", "app": {"port": there.port}})
    );
    assert!(bobs.ask(&format!("sync {}", bob.token)).await.get("moved").is_some());
    let mut followed = there.client().await;
    assert_eq!(
        followed
            .says(&format!("attach {} {}", bob.token, before["position"]))
            .await,
        "Success!"
    );
    assert_eq!(followed.next().await["message"], "after");
    // The move lies behind this position too, and is out of date at the new server.
    assert_eq!(followed.says(&format!("sync {}", bob.token)).await, "Success!");
}

#[tokio::test]
async fn the_end_of_a_session_is_the_last_push() {
    let house = House::new().await;
    let server = house.server(10).await;
    let (alice, bob, mut client) = (
        house.user("alice").await,
        house.user("bob").await,
        server.client().await,
    );
    befriend(&mut client, &alice, &bob).await;
    let mut bobs = server.client().await;
    bobs.attach(&bob).await;
    send(&mut client, &alice, &bob, "last words").await;
    house.happen(Intent::Logout(bob.actor.clone())).await;
    assert_eq!(bobs.next().await["message"], "last words");
    assert_eq!(bobs.next().await, json!({"push": "ended", "user": "bob"}));
    assert_eq!(bobs.says(&format!("sync {}", bob.token)).await, "Not login yet");
}

#[tokio::test]
async fn a_message_arrives_at_once() {
    let house = House::new().await;
    let server = house.server(10).await;
    let (alice, bob, mut client) = (
        house.user("alice").await,
        house.user("bob").await,
        server.client().await,
    );
    befriend(&mut client, &alice, &bob).await;
    let mut bobs = server.client().await;
    bobs.attach(&bob).await;
    let mut delays = Vec::new();
    for _ in 0..21 {
        send(&mut client, &alice, &bob, "now").await;
        let sent = Instant::now();
        bobs.next().await;
        delays.push(sent.elapsed());
    }
    delays.sort();
    // Polling alone would take half of 250 ms in the middle.
    assert!(delays[10].as_millis() < 60, "{delays:?}");
}

#[tokio::test]
async fn a_server_that_is_asked_says_so_when_everything_is_pushed() {
    let house = House::new().await;
    let server = house.server(10).await;
    let (alice, bob, mut sender) = (
        house.user("alice").await,
        house.user("bob").await,
        server.client().await,
    );
    befriend(&mut sender, &alice, &bob).await;
    let mut bobs = server.client().await;
    bobs.attach(&bob).await;
    for number in 0..20 {
        send(&mut sender, &alice, &bob, &number.to_string()).await;
    }
    let client = house.database.connect("test").await.unwrap();
    let asked = delivered::ask(&client, alice.actor.account).await.unwrap();
    let told = tokio::time::timeout(Duration::from_secs(20), async {
        while !delivered::have_all_said_so(&client, &asked).await.unwrap() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    told.await.expect("the server says so in time");
    for number in 0..20 {
        assert_eq!(bobs.next().await["message"], number.to_string());
    }
    let nobody = delivered::ask(&client, bob.actor.account).await.unwrap();
    assert_eq!(nobody, delivered::Asked::default(), "bob has written to nobody");
    assert!(delivered::have_all_said_so(&client, &nobody).await.unwrap());
}
