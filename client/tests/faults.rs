//! Servers that go away.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use support::fake::{Connection, Fake, one_user};
use support::{Client, Shown};
use tenfold_client::timing::Timing;

#[tokio::test]
async fn a_command_whose_connection_breaks_is_sent_again_under_its_id() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (_front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("post ann hello");
    let id = ann.expect_command("post token-ann hello").await;
    ann.pushes("ann", "bob", "hi", 11).await;
    drop(ann);
    let mut again = app.accept_attach("token-ann", 11).await;
    // A server that does not know how far we are repeats itself.
    again.pushes("ann", "bob", "hi", 11).await;
    assert_eq!(again.expect_command("post token-ann hello").await, id);
    again.pushes("ann", "bob", "there", 12).await;
    again.succeeds().await;
    client.shows("Success!").await;
    client.shows("<<<bob->ann: hi>>>").await;
    client.shows("<<<bob->ann: there>>>").await;
    again.expect("ack token-ann 12").await;
}

#[tokio::test]
async fn half_a_reply_is_none() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (_front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("list-group ann");
    let id = ann.expect_command("list-group token-ann").await;
    ann.says_raw(br#"{"status":0,"group":["a"#).await;
    drop(ann);
    let mut again = app.accept_attach("token-ann", 10).await;
    assert_eq!(again.expect_command("list-group token-ann").await, id);
    again.says(r#"{"status":0,"group":["ab"]}"#).await;
    client.shows("ab").await;
}

#[tokio::test]
async fn a_login_whose_connection_breaks_is_sent_again_under_its_id() {
    let login = Fake::start().await;
    let mut client = Client::of(&login);
    client.types("register ann pw");
    let mut front = login.accept().await;
    let id = front.expect_command("register ann pw").await;
    drop(front);
    let mut again = login.accept().await;
    assert_eq!(again.expect_command("register ann pw").await, id);
    again.succeeds().await;
    client.shows("Success!").await;
}

#[tokio::test]
async fn a_server_that_is_gone_is_replaced_by_the_one_that_the_login_server_names() {
    let (login, app, other) = (Fake::start().await, Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (_front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("post ann hello");
    let id = ann.expect_command("post token-ann hello").await;
    drop(app);
    drop(ann);
    let mut inquiry = login.accept().await;
    assert_eq!(inquiry.expect_command("post token-ann hello").await, id);
    inquiry
        .says(r#"{"push":"progress","user":"ann","message":"A server is starting"}"#)
        .await;
    inquiry.says(&other.moved_here()).await;
    let mut again = other.accept_attach("token-ann", 10).await;
    assert_eq!(again.expect_command("post token-ann hello").await, id);
    again.succeeds().await;
    assert_eq!(
        client.next_shown("a notice").await,
        Shown::Notice("A server is starting".into())
    );
    client.shows("Success!").await;
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left_for_the_one_that_the_login_server_names() {
    let timing = Timing {
        app_silence: Duration::from_millis(100),
        ..Timing::default()
    };
    let (login, app, other) = (Fake::start().await, Fake::start().await, Fake::start().await);
    let mut client = Client::with_timing(&login, timing);
    let (_front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("post ann hello");
    ann.expect_command("post token-ann hello").await;
    let mut inquiry = login.accept().await;
    inquiry.expect_command("post token-ann hello").await;
    inquiry.says(&other.moved_here()).await;
    other
        .accept_attach("token-ann", 10)
        .await
        .expect_command("post token-ann hello")
        .await;
    ann.closed().await;
}

#[tokio::test]
async fn a_server_that_vanished_while_idle_is_found_out() {
    let timing = Timing {
        ping: Duration::from_millis(50),
        app_silence: Duration::from_millis(100),
        ..Timing::default()
    };
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::with_timing(&login, timing);
    let (_front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    ann.expect("sync token-ann 10").await;
    ann.succeeds().await;
    ann.expect("sync token-ann 10").await;
    let mut inquiry = login.accept().await;
    inquiry.expect("attach token-ann 10").await;
    client.shows_nothing();
}

#[tokio::test]
async fn when_nothing_answers_the_client_says_so_and_ends() {
    let timing = Timing {
        patience: Duration::from_millis(300),
        ..Timing::default()
    };
    let login = Fake::start().await;
    let endpoint = login.endpoint();
    let client = Client::with_timing(&login, timing);
    drop(login);
    client.types("login ann pw");
    let error = client.ends_with_notices().await.unwrap_err().to_string();
    assert!(
        error.contains(&endpoint.to_string()) && error.contains("start the client again"),
        "{error}"
    );
}

#[tokio::test]
async fn the_client_ends_too_when_nobody_can_be_served_while_idle() {
    let timing = Timing {
        patience: Duration::from_millis(300),
        ..Timing::default()
    };
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::with_timing(&login, timing);
    let both = one_user(&mut client, &login, &app, "ann").await;
    drop((login, app, both));
    assert!(client.ends_with_notices().await.is_err());
}

#[tokio::test]
async fn another_protocol_is_recognised() {
    let timing = Timing {
        patience: Duration::from_millis(300),
        ..Timing::default()
    };
    let login = Fake::start().await;
    let client = Client::with_timing(&login, timing);
    client.types("login ann pw");
    let foreign = async {
        loop {
            let mut connection = login.accept().await;
            connection.says("HTTP/1.1 400 Bad Request\r").await;
        }
    };
    let error = tokio::select! {
        () = foreign => unreachable!("it goes on for ever"),
        ended = client.ends_with_notices() => ended.unwrap_err().to_string(),
    };
    assert!(error.contains("no Tenfold server"), "{error}");
}

#[tokio::test]
async fn a_large_command_and_a_large_reply_pass_each_other() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    let (_front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    let words = "x".repeat(65_000);
    client.types(&format!("post ann {words}"));
    // The server does not read before it has got rid of its 20 MB.
    let long = "y".repeat(20_000);
    for position in 11..1011 {
        ann.pushes("ann", "bob", &long, position).await;
    }
    let command = loop {
        let line = ann.line("the command").await.unwrap();
        if !line.starts_with("ack ") {
            break line;
        }
    };
    assert!(command.ends_with(&format!(" post token-ann {words}")));
    ann.succeeds().await;
    let mut shown = Vec::new();
    while shown.len() < 1001 {
        shown.push(client.next_shown("the messages and the reply").await);
    }
    let message = Shown::Line(format!("<<<bob->ann: {long}>>>"));
    assert_eq!(shown.iter().filter(|line| **line == message).count(), 1000);
    assert!(shown.contains(&Shown::Line("Success!".into())));
}

/// Short enough that what these tests send byte by byte takes longer.
fn impatient() -> Timing {
    Timing {
        app_silence: Duration::from_millis(300),
        login_silence: Duration::from_millis(300),
        patience: Duration::from_millis(600),
        ..Timing::default()
    }
}

/// Pieces that take more than twice the client's patience, each well within the silence that it bears.
async fn trickles(connection: &mut Connection, line: &str) {
    let piece = line.len().div_ceil(40);
    for piece in line.as_bytes().chunks(piece) {
        connection.says_raw(piece).await;
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    connection.says_raw(b"\n").await;
}

#[tokio::test]
async fn a_long_reply_over_a_slow_link_is_received_once() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let mut client = Client::with_timing(&login, impatient());
    let (_front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("receive-post ann");
    ann.expect_command("receive-post token-ann").await;
    let text = "z".repeat(4000);
    trickles(
        &mut ann,
        &format!(r#"{{"status":0,"post":[{{"id":"bob","message":"{text}"}}]}}"#),
    )
    .await;
    client.shows(&format!("bob: {text}")).await;
    client.types("post ann next");
    ann.expect_command("post token-ann next").await;
}

#[tokio::test]
async fn a_long_message_over_a_slow_link_is_received_once() {
    let (login, app) = (Fake::start().await, Fake::start().await);
    let timing = Timing {
        ping: Duration::from_millis(100),
        ..impatient()
    };
    let mut client = Client::with_timing(&login, timing);
    let (_front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    let text = "z".repeat(4000);
    let push = format!(r#"{{"push":"message","user":"ann","from":"bob","to":"ann","message":"{text}","position":11}}"#);
    trickles(&mut ann, &push).await;
    client.shows(&format!("<<<bob->ann: {text}>>>")).await;
    // No other connection was made meanwhile: this one is still asked.
    client.types("post ann next");
    while !ann.line("the command").await.unwrap().ends_with(" post token-ann next") {}
}

#[tokio::test]
async fn a_login_servers_reply_over_a_slow_link_is_received_once() {
    let login = Fake::start().await;
    let mut client = Client::with_timing(&login, impatient());
    client.types("register ann pw");
    let mut front = login.accept().await;
    front.expect_command("register ann pw").await;
    let text = "z".repeat(4000);
    trickles(&mut front, &format!(r#"{{"status":1,"message":"{text}"}}"#)).await;
    client.shows(&text).await;
    client.types("register bob pw");
    front.expect_command("register bob pw").await;
}

#[tokio::test]
async fn a_reply_that_stops_in_the_middle_is_left_for_another_server() {
    let (login, app, other) = (Fake::start().await, Fake::start().await, Fake::start().await);
    let mut client = Client::with_timing(&login, impatient());
    let (_front, mut ann) = one_user(&mut client, &login, &app, "ann").await;
    client.types("list-friend ann");
    ann.expect_command("list-friend token-ann").await;
    ann.says_raw(br#"{"status":0,"friend":["#).await;
    let mut inquiry = login.accept().await;
    inquiry.expect_command("list-friend token-ann").await;
    inquiry.says(&other.moved_here()).await;
    other.accept_attach("token-ann", 10).await;
}

#[tokio::test]
async fn a_login_server_that_is_gone_is_left_for_the_next_one() {
    let (gone, other) = (Fake::start().await, Fake::start().await);
    let logins = vec![gone.endpoint(), other.endpoint()];
    drop(gone);
    let mut client = Client::at_all(logins, Timing::default());
    client.types("register ann pw");
    let mut front = other.accept().await;
    front.expect_command("register ann pw").await;
    front.succeeds().await;
    client.shows("Success!").await;
}

#[tokio::test]
async fn a_login_server_that_stands_still_is_left_for_the_next_one_under_the_same_id() {
    let (still, other) = (Fake::start().await, Fake::start().await);
    let mut client = Client::at_all(vec![still.endpoint(), other.endpoint()], impatient());
    client.types("register ann pw");
    let id = still.accept().await.expect_command("register ann pw").await;
    let mut front = other.accept().await;
    assert_eq!(front.expect_command("register ann pw").await, id);
    front.succeeds().await;
    client.shows("Success!").await;
}

#[tokio::test]
async fn the_other_login_servers_are_learned_at_login() {
    let (login, other, app) = (Fake::start().await, Fake::start().await, Fake::start().await);
    let mut client = Client::of(&login);
    client.types("login ann pw");
    let mut front = login.accept().await;
    front.expect_command("login ann pw").await;
    let (app_port, other_port) = (app.port(), other.port());
    let reply = r#"{"status":0,"message":"Success!","token":"token-ann","position":10"#;
    front
        .says(&format!(
            r#"{reply},"app":{{"port":{app_port}}},"also":[{{"port":{other_port}}}]}}"#
        ))
        .await;
    let ann = app.accept_user("token-ann", 10).await;
    client.shows("Success!").await;
    drop((login, front));
    client.types("register ben pw");
    let mut front = other.accept().await;
    front.expect_command("register ben pw").await;
    front.succeeds().await;
    client.shows("Success!").await;
    // So does a user whose server goes away.
    drop((app, ann));
    let mut inquiry = other.accept().await;
    inquiry.expect("attach token-ann 10").await;
}
