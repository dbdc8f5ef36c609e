//! Users that are moved, and sessions that end.

#![allow(clippy::unwrap_used)]

mod support;

use support::Client;
use support::fake::{Fake, another_user, one_user};

#[tokio::test]
async fn moved_replies_are_followed() {
    let (login, app, other) = (Fake::start().await, Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (_front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("post ann hello");
    let id = ann.expect_command("post token-ann hello").await;
    ann.says(&other.moved_here()).await;
    let mut there = other.accept_attach("token-ann", 10).await;
    assert_eq!(there.expect_command("post token-ann hello").await, id);
    there
        .says(r#"{"status":1,"message":"This session is served elsewhere","moved":null}"#)
        .await;
    let mut inquiry = login.accept().await;
    assert_eq!(inquiry.expect_command("post token-ann hello").await, id);
    inquiry.says(&app.moved_here()).await;
    let mut back = app.accept_attach("token-ann", 10).await;
    assert_eq!(back.expect_command("post token-ann hello").await, id);
    back.succeeds().await;
    client.shows("Success!").await;
}

#[tokio::test]
async fn a_final_refusal_of_the_login_server_is_the_reply() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (_front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("post ann hello");
    ann.expect_command("post token-ann hello").await;
    ann.says(r#"{"status":1,"message":"This session is served elsewhere","moved":null}"#)
        .await;
    let mut inquiry = login.accept().await;
    inquiry.expect_command("post token-ann hello").await;
    inquiry
        .says(r#"{"status":1,"message":"No server is free; try again later"}"#)
        .await;
    client.shows("No server is free; try again later").await;
}

#[tokio::test]
async fn who_is_moved_while_idle_follows_and_misses_nothing() {
    let (login, app, other) = (Fake::start().await, Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (_front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    ann.pushes("ann", "bob", "before", 12).await;
    ann.says(&format!(
        r#"{{"push":"moved","user":"ann","app":{{"port":{}}}}}"#,
        other.port()
    ))
    .await;
    let mut there = other.accept_attach("token-ann", 12).await;
    there.pushes("ann", "bob", "after", 13).await;
    client.shows("<<<bob->ann: before>>>").await;
    client.shows("<<<bob->ann: after>>>").await;
    client.types("list-group ann");
    loop {
        let line = there.line("an ack or the command").await.unwrap();
        if line.ends_with(" list-group token-ann") {
            break;
        }
        assert!(line.starts_with("ack token-ann 1"), "{line}");
    }
}

#[tokio::test]
async fn an_attachment_that_is_lost_while_idle_is_restored() {
    let (login, app, other) = (Fake::start().await, Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (_front, ann) = one_user(&mut client, &login, &app, "ann").await;
    drop(app);
    drop(ann);
    let mut inquiry = login.accept().await;
    inquiry.expect("attach token-ann 10").await;
    inquiry.says(&other.moved_here()).await;
    let mut there = other.accept_attach("token-ann", 10).await;
    there.pushes("ann", "bob", "still there?", 14).await;
    client.shows("<<<bob->ann: still there?>>>").await;
    there.expect("ack token-ann 14").await;
}

#[tokio::test]
async fn who_is_ended_is_nobody_any_more() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (mut front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    ann.pushes("ann", "bob", "the last", 11).await;
    ann.says(r#"{"push":"ended","user":"ann"}"#).await;
    client.shows("<<<bob->ann: the last>>>").await;
    while let Some(line) = ann.line("an ack or the end").await {
        assert_eq!(line, "ack token-ann 11");
    }
    client.types("post ann hello");
    front.expect_command("post hello").await;
    front.says(r#"{"status":1,"message":"Not login yet"}"#).await;
    client.shows("Not login yet").await;
    client.end_input();
    assert!(client.ends().await.is_ok());
}

#[tokio::test]
async fn a_session_that_ends_under_a_command_still_has_its_reply() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (mut front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("post ann hello");
    let id = ann.expect_command("post token-ann hello").await;
    ann.says(r#"{"push":"ended","user":"ann"}"#).await;
    drop(ann);
    let mut again = app.accept().await;
    assert_eq!(again.expect_command("post token-ann hello").await, id);
    again.succeeds().await;
    client.shows("Success!").await;
    again.closed().await;
    client.types("post ann more");
    front.expect_command("post more").await;
}

#[tokio::test]
async fn a_session_that_ended_while_away_is_over() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (mut front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("post ann hello");
    let id = ann.expect_command("post token-ann hello").await;
    drop(ann);
    let mut again = app.accept().await;
    again.expect("attach token-ann 10").await;
    again.says(r#"{"status":1,"message":"Not login yet"}"#).await;
    assert_eq!(again.expect_command("post token-ann hello").await, id);
    again.says(r#"{"status":1,"message":"Not login yet"}"#).await;
    client.shows("Not login yet").await;
    client.types("post ann more");
    front.expect_command("post more").await;
}

#[tokio::test]
async fn a_send_waits_for_who_is_just_being_moved() {
    let (login, app, other) = (Fake::start().await, Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (mut front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("login bob pw");
    let mut bob = another_user(&mut client, &mut front, &other, "bob").await;
    client.types("send ann bob hello");
    client.types("list-group ann");
    ann.expect_command("send token-ann bob hello").await;
    drop(bob);
    bob = other.accept().await;
    bob.expect("attach token-bob 10").await;
    ann.says(r#"{"status":0,"message":"Success!","position":20}"#).await;
    ann.expect("sync token-ann 20").await;
    ann.succeeds().await;
    bob.succeeds().await;
    bob.expect("sync token-bob 20").await;
    bob.pushes("bob", "ann", "hello", 20).await;
    bob.succeeds().await;
    client.shows("Success!").await;
    client.shows("<<<ann->bob: hello>>>").await;
    ann.expect_command("list-group token-ann").await;
}
