//! Positions without an event, and rows that no position was given for.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use common::program::{assert_refused, run, text};
use common::{OwnDatabase, stored};
use tenfold_core::event::Recorded;
use tenfold_log::database::Client;

const SCRIPT: &str = "day 2026-11-24\n09:00 register ann\n09:01 login ann\n09:02 post ann hello\n09:03 post ann again\n\
                      09:04 register bob\n09:05 login bob\n09:06 post bob last";

async fn with_log() -> (OwnDatabase, Client, Vec<Recorded>) {
    let log = tenfold_synthetic::rehearse(SCRIPT).unwrap();
    let own = stored(&log).await;
    let client = own.database.connect("test").await.unwrap();
    (own, client, log)
}

async fn delete(client: &Client, recorded: &Recorded) {
    let delete = "delete from event where position = $1";
    assert_eq!(client.execute(delete, &[&recorded.position.0]).await.unwrap(), 1);
}

#[tokio::test]
async fn a_deleted_event_is_called_deleted_where_anything_shows_that_it_was_there() {
    let (own, client, log) = with_log().await;
    let posts: Vec<&Recorded> = log
        .iter()
        .filter(|recorded| recorded.event.kind() == "Posted")
        .collect();
    let position = posts[0].position.to_string();
    delete(&client, posts[0]).await;
    for arguments in [
        &["show", &position][..],
        &["why", "bob", &position],
        &["export", "-", "--around", &position],
    ] {
        let arguments = [arguments, &["--database", &own.url]].concat();
        assert_refused(
            &arguments,
            &format!("position {position} was deleted from the log: a row of post"),
        )
        .await;
    }
    client.batch_execute("delete from post").await.unwrap();
    let show = ["show", &position, "--database", &own.url];
    assert_refused(&show, "was deleted from the log: version").await;
    // Nothing stands behind it in its stream any more, and its row is gone.
    let last = posts[2].position.to_string();
    delete(&client, posts[2]).await;
    let show = ["show", &last, "--database", &own.url];
    assert_refused(&show, "Either an append was abandoned there").await;
    assert_refused(&["show", "0", "--database", &own.url], "positions begin at 1").await;
}

#[tokio::test]
async fn an_abandoned_append_is_not_called_deleted() {
    let (own, client, log) = with_log().await;
    let next = log.last().unwrap().position.0 + 1;
    client.batch_execute("select draw_positions(3)").await.unwrap();
    let show = ["show", &next.to_string(), "--database", &own.url];
    assert_refused(&show, "an append was abandoned there").await;
}

#[tokio::test]
async fn a_position_that_a_fork_left_out_is_neither() {
    let (own, _client, log) = with_log().await;
    let posted = log.iter().find(|recorded| recorded.event.kind() == "Posted").unwrap();
    let (name, position) = (
        format!("gap_{}", uuid::Uuid::new_v4().simple()),
        posted.position.to_string(),
    );
    let made = run(&["fork", "--skip", &position, "--to", &name, "--database", &own.url]).await;
    assert!(made.status.success(), "{}", text(&made.stderr));
    let show = ["show", &position, "--sandbox", &name, "--database", &own.url];
    assert_refused(&show, "it may have been left out").await;
    run(&["fork", "drop", &name, "--database", &own.url]).await;
}

#[tokio::test]
async fn rows_behind_the_end_of_the_log_are_left_out_by_every_tool_which_says_so() {
    let (own, client, log) = with_log().await;
    let end = log.last().unwrap().position.0;
    let before = run(&["state", "--json", "--at", &end.to_string(), "--database", &own.url]).await;
    let forge = format!(
        "insert into event (position, id, stream, version, kind, kind_version, command_id, ordinal, actor, data, personal)
         select {end} + 100, gen_random_uuid(), stream, version + 1, kind, kind_version, gen_random_uuid(), 0, actor, data, personal
           from event where position = {end}"
    );
    client.batch_execute(&forge).await.unwrap();
    let end = end.to_string();
    for (arguments, lines) in [
        (&["tail"][..], log.len()),
        (&["tail", "--reverse"], log.len()),
        (&["tail", "--type", "Posted"], 3),
        (&["tail", "--user", "bob"], 4),
        (&["state", "--json", "--at", &end], 1),
        (&["show", &end], 0),
        (&["bisect", "--holds", "exists(bob)"], 0),
        (&["fork", "--skip", &end], 0),
    ] {
        let output = run(&[arguments, &["--database", &own.url]].concat()).await;
        let (told, said) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {said}");
        assert!(
            said.contains("1 row of the table event stands behind the end of the log"),
            "{arguments:?}: {said}"
        );
        assert!(lines == 0 || told.lines().count() == lines, "{arguments:?}: {told}");
        if arguments[0] == "state" {
            assert_eq!(told, text(&before.stdout));
        }
    }
    let verified = run(&["verify", "--database", &own.url]).await;
    assert_eq!(verified.status.code(), Some(1));
    assert!(text(&verified.stdout).contains("the sequence has not given its position yet"));
}
