//! One command after the other, while all is well.

#![allow(clippy::unwrap_used)]

mod support;

use support::fake::{Fake, another_user, one_user};
use support::{Client, Shown};
use tenfold_client::input::Input;
use tenfold_client::timing::Timing;
use tenfold_core::protocol::Line;

#[tokio::test]
async fn a_login_is_attached_before_the_next_command() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    client.types("  login ann  pw ");
    client.types("post ann  two  words ");
    let mut front = login.accept().await;
    front.expect_command("login ann  pw ").await;
    front.lets_in("t.m", 7, &app).await;
    let mut ann = app.accept_attach("t.m", 7).await;
    ann.pushes("ann", "bob", "while you were away", 9).await;
    ann.expect("sync t.m").await;
    ann.succeeds().await;
    client.shows("Success!").await;
    client.shows("<<<bob->ann: while you were away>>>").await;
    ann.expect("ack t.m 9").await;
    ann.expect_command("post t.m  two  words ").await;
    ann.says(r#"{"status":0,"message":"Success!","position":11}"#).await;
    client.shows("Success!").await;
}

#[tokio::test]
async fn logging_in_again_changes_nothing_for_who_is_attached() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (mut front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("login ann pw");
    front.expect_command("login ann pw").await;
    front.lets_in("token-ann", 500, &app).await;
    client.shows("Success!").await;
    ann.pushes("ann", "bob", "hi", 11).await;
    client.shows("<<<bob->ann: hi>>>").await;
    ann.expect("ack token-ann 11").await;
}

#[tokio::test]
async fn who_is_nobody_here_is_left_out_and_unknown_words_are_answered_here() {
    let login = Fake::start().await;
    let mut client = Client::of(&login);
    for line in ["", " \t ", "attach x 1", "post bob hello", "logout", "help"] {
        client.types(line);
    }
    client.shows("Unknown command attach").await;
    let mut front = login.accept().await;
    front.expect_command("post hello").await;
    front.says(r#"{"status":1,"message":"Not login yet"}"#).await;
    client.shows("Not login yet").await;
    front.expect_command("logout").await;
    front.says(r#"{"status":1,"message":"Not login yet"}"#).await;
    client.shows("Not login yet").await;
    client.shows("Unknown command help").await;
    client.types("exit");
    assert!(client.ends().await.is_ok());
}

#[tokio::test]
async fn lists_are_printed_line_by_line() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (_front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("list-friend ann");
    ann.expect_command("list-friend token-ann").await;
    ann.says(r#"{"status":0,"friend":["bob","cid"]}"#).await;
    client.shows("bob").await;
    client.shows("cid").await;
    client.types("receive-post ann");
    ann.expect_command("receive-post token-ann").await;
    ann.says(r#"{"status":0,"post":[]}"#).await;
    client.shows("No posts").await;
}

#[tokio::test]
async fn a_message_waits_for_the_reply_to_the_command_under_way() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (_front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("list-group ann");
    ann.expect_command("list-group token-ann").await;
    ann.pushes("ann", "bob", "one", 11).await;
    ann.pushes("ann", "bob", "two", 12).await;
    ann.says(r#"{"status":0,"group":["g"]}"#).await;
    client.shows("g").await;
    client.shows("<<<bob->ann: one>>>").await;
    client.shows("<<<bob->ann: two>>>").await;
    ann.expect("ack token-ann 12").await;
    ann.pushes("ann", "bob", "while the prompt waits", 13).await;
    client.shows("<<<bob->ann: while the prompt waits>>>").await;
}

#[tokio::test]
async fn after_a_send_everybody_here_has_it_before_the_next_command() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (mut front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("login bob pw");
    let mut bob = another_user(&mut client, &mut front, &app, "bob").await;
    client.types("send-group ann g hello");
    client.types("list-group bob");
    ann.expect_command("send-group token-ann g hello").await;
    ann.says(r#"{"status":0,"message":"Success!","position":20}"#).await;
    client.shows("Success!").await;
    ann.expect("sync token-ann 20").await;
    bob.expect("sync token-bob 20").await;
    bob.pushes_to_group("bob", "ann", "g", "hello", 20).await;
    bob.succeeds().await;
    // Nothing is shown, and nothing sent, before the last of them has it.
    ann.pushes_to_group("ann", "cid", "h", "earlier", 19).await;
    ann.pushes_to_group("ann", "ann", "g", "hello", 20).await;
    ann.succeeds().await;
    client.shows("<<<cid->GROUP<h>: earlier>>>").await;
    client.shows("<<<ann->GROUP<g>: hello>>>").await;
    client.shows("<<<ann->GROUP<g>: hello>>>").await;
    bob.expect("ack token-bob 20").await;
    bob.expect_command("list-group token-bob").await;
}

#[tokio::test]
async fn a_refused_send_syncs_nobody() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (_front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("send ann bob x");
    client.types("list-group ann");
    ann.expect_command("send token-ann bob x").await;
    ann.says(r#"{"status":1,"message":"No such user exist"}"#).await;
    client.shows("No such user exist").await;
    ann.expect_command("list-group token-ann").await;
}

#[tokio::test]
async fn a_logout_shows_first_what_was_sent_before_it() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (mut front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("logout ann");
    client.types("post ann x");
    ann.expect("sync token-ann").await;
    ann.pushes("ann", "bob", "bye", 12).await;
    ann.succeeds().await;
    client.shows("<<<bob->ann: bye>>>").await;
    front.expect_command("logout token-ann").await;
    front.says(r#"{"status":0,"message":"Bye!","position":13}"#).await;
    client.shows("Bye!").await;
    front.expect_command("post x").await;
}

#[tokio::test]
async fn a_logout_that_is_refused_forgets_nobody() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (mut front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("logout ann now");
    ann.expect("sync token-ann").await;
    ann.succeeds().await;
    front.expect_command("logout token-ann now").await;
    front.says(r#"{"status":1,"message":"Usage: logout <user>"}"#).await;
    client.shows("Usage: logout <user>").await;
    client.types("list-group ann");
    ann.expect_command("list-group token-ann").await;
}

#[tokio::test]
async fn the_end_waits_for_what_was_sent_and_acknowledges_it() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (_front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.end_input();
    ann.expect("sync token-ann").await;
    ann.pushes("ann", "bob", "last words", 30).await;
    ann.succeeds().await;
    client.shows("<<<bob->ann: last words>>>").await;
    ann.expect("ack token-ann 30").await;
    ann.expect("sync token-ann 30").await;
    ann.pushes("ann", "bob", "for the next client", 31).await;
    ann.succeeds().await;
    assert!(client.ends().await.is_ok());
    ann.closed().await;
}

#[tokio::test]
async fn the_last_line_needs_no_end() {
    let login = Fake::start().await;
    let input = Input::from_reader(&b"register ann pw\r\nlogin ann"[..]).unwrap();
    let mut client = Client::with_input(vec![login.endpoint()], Timing::default(), input);
    let mut front = login.accept().await;
    front.expect_command("register ann pw").await;
    front.succeeds().await;
    client.shows("Success!").await;
    front.expect_command("login ann").await;
    front
        .says(r#"{"status":1,"message":"Usage: login <id> <password>"}"#)
        .await;
    client.shows("Usage: login <id> <password>").await;
    assert!(client.ends().await.is_ok());
}

#[tokio::test]
async fn lines_that_are_none_are_answered_here_and_the_next_goes_on() {
    let login = Fake::start().await;
    let mut client = Client::of(&login);
    client.puts(Line::TooLong);
    client.puts(Line::NotText);
    client.types(&format!("register ann {}", "x".repeat(65_520)));
    client.types("register ann pw");
    client
        .shows("The line is too long: at most 65536 bytes fit; shorten the message")
        .await;
    client.shows("The line is not text: send UTF-8 without NUL bytes").await;
    client
        .shows("The line is too long: at most 65536 bytes fit; shorten the message")
        .await;
    login.accept().await.expect_command("register ann pw").await;
}

#[tokio::test]
async fn a_login_that_waits_tells_a_person_at_a_terminal_once() {
    let login = Fake::start().await;
    let mut client = Client::of(&login);
    client.types("login ann pw");
    let mut front = login.accept().await;
    front.expect_command("login ann pw").await;
    for _ in 0..3 {
        front
            .says(r#"{"push":"progress","user":"ann","message":"A server is starting"}"#)
            .await;
    }
    front
        .says(r#"{"status":1,"message":"No server is free; try again later"}"#)
        .await;
    assert_eq!(
        client.next_shown("a notice").await,
        Shown::Notice("A server is starting".into())
    );
    client.shows("No server is free; try again later").await;
}
