//! The twelve commands at an application server, and the order of the checks.

#![allow(clippy::unwrap_used)] // a test panics where it fails

mod common;

use common::{House, befriend};
use serde_json::json;
use tenfold_core::intent::Intent;
use tenfold_core::token::TokenKey;
use uuid::Uuid;

#[tokio::test]
async fn the_first_check_that_fails_is_the_reply() {
    let house = House::new().await;
    let server = house.server(10).await;
    let (alice, mut client) = (house.user("alice").await, server.client().await);
    let token = &alice.token;
    let forged = TokenKey::new([8; 32]).token(alice.actor.session);
    for (line, said) in [
        ("fly away".to_owned(), "Unknown command fly"),
        ("@nobody post x".to_owned(), "Unknown command @nobody"),
        ("post".to_owned(), "Not login yet"),
        ("logout".to_owned(), "Not login yet"),
        ("attach".to_owned(), "Not login yet"),
        (format!("list-group {forged}"), "Not login yet"),
        (format!("delete {forged}"), "Not login yet"),
        (format!("post {token}"), "Usage: post <user> <message>"),
        (format!("list-group {token} more"), "Usage: list-group <user>"),
        (format!("attach {token} soon"), "Usage: attach <token> <position>"),
        (format!("sync {token} 1 2"), "Usage: sync <token> [position]"),
        (format!("invite {token} alice"), "You cannot invite yourself"),
        (format!("invite {token} nobody"), "nobody does not exist"),
    ] {
        assert_eq!(client.says(&line).await, said, "{line}");
    }
}

#[tokio::test]
async fn who_is_not_served_here_is_told_where() {
    let house = House::new().await;
    let here = house.server(1).await;
    let (alice, mut client) = (house.user("alice").await, here.client().await);
    for line in ["register a b", "login a b", &format!("logout {}", alice.token)] {
        let reply = client.ask(line).await;
        assert_eq!(
            (&reply["status"], reply.get("moved")),
            (&json!(1), Some(&json!(null))),
            "{line}"
        );
    }
    let there = house.server(1).await;
    let bob = house.user("bob").await;
    for line in [
        format!("post {} hello", bob.token),
        format!("post {}", bob.token),
        format!("list-friend {}", bob.token),
        format!("attach {} 0", bob.token),
    ] {
        assert_eq!(client.ask(&line).await["moved"], json!({"port": there.port}), "{line}");
    }
    house.happen(Intent::Logout(bob.actor.clone())).await;
    assert_eq!(client.says(&format!("post {}", bob.token)).await, "Not login yet");
    assert_eq!(client.says(&format!("post {} hello", bob.token)).await, "Not login yet");
}

#[tokio::test]
async fn every_command_does_what_it_says() {
    let house = House::new().await;
    let server = house.server(10).await;
    let (alice, bob) = (house.user("alice").await, house.user("bob").await);
    let (a, b, mut client) = (&alice.token, &bob.token, server.client().await);
    assert_eq!(client.says(&format!("invite {a} bob")).await, "Success!");
    assert_eq!(
        client.ask(&format!("list-invite {b}")).await["invite"],
        json!(["alice"])
    );
    assert_eq!(client.says(&format!("accept-invite {b} alice")).await, "Success!");
    assert_eq!(
        client.ask(&format!("list-friend {a}")).await,
        json!({"status": 0, "friend": ["bob"]})
    );
    let posted = client.ask(&format!("post {a}  hello \t world ")).await;
    assert!(posted["position"].as_i64().unwrap() > alice.since.0, "{posted}");
    let posts = client.ask(&format!("receive-post {b}")).await;
    assert_eq!(posts["post"], json!([{"id": "alice", "message": "hello \t world"}]));
    assert_eq!(client.says(&format!("send {a} bob hi")).await, "Success!");
    assert_eq!(client.says(&format!("create-group {a} climbers")).await, "Success!");
    assert_eq!(client.says(&format!("join-group {b} climbers")).await, "Success!");
    assert_eq!(client.says(&format!("send-group {b} climbers up")).await, "Success!");
    assert_eq!(
        client.ask(&format!("list-group {b}")).await["group"],
        json!(["climbers"])
    );
    assert_eq!(
        client.ask(&format!("list-joined {b}")).await["group"],
        json!(["climbers"])
    );
    assert_eq!(
        client.says(&format!("join-group {b} climbers")).await,
        "Already a member of climbers"
    );
}

#[tokio::test]
async fn a_command_id_is_carried_out_once() {
    let house = House::new().await;
    let server = house.server(10).await;
    let (alice, bob, mut client) = (
        house.user("alice").await,
        house.user("bob").await,
        server.client().await,
    );
    befriend(&mut client, &alice, &bob).await;
    let line = format!("@{} post {} once", Uuid::new_v4(), alice.token);
    let first = client.ask(&line).await;
    assert_eq!(client.ask(&line).await, first);
    let posts = client.ask(&format!("receive-post {}", bob.token)).await;
    assert_eq!(posts["post"].as_array().unwrap().len(), 1);
    let reused = client.says(&line.replace("once", "twice")).await;
    assert!(reused.contains("already used"), "{reused}");
}

#[tokio::test]
async fn many_requests_may_be_sent_before_one_reply_is_read() {
    let house = House::new().await;
    let server = house.server(10).await;
    let (alice, mut client) = (house.user("alice").await, server.client().await);
    let lines: Vec<String> = (0..100)
        .map(|number| format!("create-group {} g{number}", alice.token))
        .collect();
    client.send(&lines.join("\n")).await;
    client.send(&format!("list-joined {}", alice.token)).await;
    for _ in 0..100 {
        assert_eq!(client.next().await["message"], "Success!");
    }
    let joined = client.next().await;
    assert_eq!(joined["group"].as_array().unwrap().len(), 100);
    assert_eq!(joined["group"][99], "g99");
}
