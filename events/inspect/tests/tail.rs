//! `tail` as somebody on call uses it: the last events, one command's, those that say something, and whatever comes while servers
//! start anew.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};

use common::program::{assert_refused, program, run, text};
use common::{OwnDatabase, stored};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tenfold_core::event::{Event, Recorded};
use tenfold_core::ids::Position;
use tenfold_log::database::{Client, Database};
use tenfold_log::sealing::MasterKey;
use tenfold_postgres::PrivatePostgres;
use tenfold_synthetic::{Shape, Synthetic, store};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

fn made(events: usize) -> Vec<Recorded> {
    Synthetic::new(Shape::dense(71)).take(events).collect()
}

async fn tail(own: &OwnDatabase, options: &[&str]) -> Vec<i64> {
    let printed = run(&[&["tail", "--json", "--database", &own.url], options].concat()).await;
    assert!(printed.status.success(), "{}", text(&printed.stderr));
    text(&printed.stdout).lines().map(position_in).collect()
}

fn position_in(line: &str) -> i64 {
    let event: Value = serde_json::from_str(line).unwrap();
    event["position"].as_i64().unwrap()
}

fn positions<'a>(events: impl IntoIterator<Item = &'a Recorded>) -> Vec<i64> {
    events.into_iter().map(|recorded| recorded.position.0).collect()
}

fn last_of(all: &[i64], count: usize) -> &[i64] {
    &all[all.len() - count..]
}

#[tokio::test]
async fn the_last_ones_and_the_newest_first_are_parts_of_the_whole() {
    let log = made(2500);
    let own = stored(&log).await;
    let all = positions(&log);
    for count in [0, 1, 7, 1500] {
        let last = last_of(&all, count);
        assert_eq!(tail(&own, &["-n", &count.to_string()]).await, last);
        assert_eq!(tail(&own, &["--last", &count.to_string()]).await, last);
        let newest: Vec<i64> = last.iter().rev().copied().collect();
        assert_eq!(tail(&own, &["--reverse", "-n", &count.to_string()]).await, newest);
    }
    assert_eq!(tail(&own, &["-n", "99999"]).await, all);
    for options in [&["--user", "person-1"][..], &["--type", "Posted"], &["--refused"]] {
        let some = tail(&own, options).await;
        assert!(some.len() > 5, "{options:?}");
        assert_eq!(tail(&own, &[options, &["-n", "3"]].concat()).await, last_of(&some, 3));
        let newest: Vec<i64> = some.iter().rev().copied().collect();
        assert_eq!(tail(&own, &[options, &["--reverse"]].concat()).await, newest);
        let newest_three = tail(&own, &[options, &["--reverse", "-n", "3"]].concat()).await;
        assert_eq!(newest_three, newest[..3]);
    }
    let to = all[1200].to_string();
    assert_eq!(tail(&own, &["--to", &to, "-n", "4"]).await, all[1197..=1200]);
    assert_refused(&["tail", "--reverse", "--follow", "--database", &own.url], "--follow").await;
    assert_refused(&["tail", "-n", "-1", "--database", &own.url], "-1").await;
}

#[tokio::test]
async fn a_command_is_found_by_its_id_or_either_end_of_it() {
    let log = made(800);
    let own = stored(&log).await;
    let most = |recorded: &&Recorded| log.iter().filter(|other| other.command == recorded.command).count() > 1;
    let command = log.iter().find(most).unwrap().command;
    let whole = command.0.to_string();
    let expected = positions(log.iter().filter(|recorded| recorded.command == command));
    let end = format!("…{}", &whole[whole.len() - 8..]);
    for id in [whole.as_str(), &end, &whole[..23], &whole.to_uppercase()] {
        assert_eq!(tail(&own, &["--command", id]).await, expected, "{id}");
    }
    let (first, rest) = (expected[0].to_string(), expected[1..].to_vec());
    let behind = (expected[0] + 1).to_string();
    assert_eq!(tail(&own, &["--command", &whole, "--from", &behind]).await, rest);
    assert_eq!(tail(&own, &["--command", &whole, "--to", &first]).await, expected[..1]);
    let url = own.url.as_str();
    for id in ["ffff0000ffff", "12", "%%%%%%", "bob's"] {
        assert_refused(&["tail", "--command", id, "--database", url], "begins or ends with").await;
    }
    // Every id of version 7 of the same second begins alike.
    assert_refused(
        &["tail", "--command", &whole[..4], "--database", url],
        "several commands",
    )
    .await;
}

#[tokio::test]
async fn what_somebody_wrote_is_found_whatever_its_letters() {
    let log = made(1500);
    let own = stored(&log).await;
    let said = |recorded: &&Recorded| match &recorded.event {
        Event::Posted { text, .. } | Event::MessageSent { text, .. } | Event::GroupMessageSent { text, .. } => {
            text.contains("coffee")
        }
        _ => false,
    };
    let expected = positions(log.iter().filter(said));
    assert!(expected.len() > 3);
    assert_eq!(tail(&own, &["--text", "COFFEE"]).await, expected);
    assert_eq!(
        tail(&own, &["--text", "coffee", "-n", "2"]).await,
        last_of(&expected, 2)
    );
    let name = match &log
        .iter()
        .find(|recorded| recorded.event.kind() == "GroupCreated")
        .unwrap()
        .event
    {
        Event::GroupCreated { name, .. } => name.clone(),
        _ => unreachable!(),
    };
    assert!(
        !tail(&own, &["--text", &name, "--type", "GroupCreated"])
            .await
            .is_empty()
    );
    // As in a log whose names and texts are sealed, and nobody has the key.
    let client = own.database.connect("test").await.unwrap();
    let key = "insert into tenfold_keys.account (account_id, wrapped) values (gen_random_uuid(), '\\x00')";
    client.execute(key, &[]).await.unwrap();
    let mut sealed = program(&["tail", "--text", "coffee", "--database", &own.url]);
    let home = tempfile::tempdir().unwrap();
    sealed.env_remove("TENFOLD_MASTER_KEY").env("TENFOLD_HOME", home.path());
    let output = tokio::task::spawn_blocking(move || sealed.output().unwrap())
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "nothing can be found in what is sealed");
    assert!(text(&output.stderr).contains("key"), "{}", text(&output.stderr));
}

/// Takes the events behind `position` out of the log again, so that they can come later.
async fn hold_back(client: &Client, position: Position) {
    let hold = format!(
        "create table later as select * from event where position > {position};
         delete from event where position > {position}; select setval('event_position', {position})"
    );
    client.batch_execute(&hold).await.unwrap();
}

/// Puts back those up to `position`.
async fn let_come(client: &Client, position: Position) {
    let come = format!(
        "insert into event select * from later where position <= {position};
         delete from later where position <= {position}; select setval('event_position', {position})"
    );
    client.batch_execute(&come).await.unwrap();
}

/// The positions in the lines that the program prints, as they come.
fn positions_of(child: &mut Child) -> UnboundedReceiver<i64> {
    let (sender, positions) = unbounded_channel();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let _ = sender.send(position_in(&line));
        }
    });
    positions
}

/// The sentences on standard error, as they come.
fn sentences_of(child: &mut Child) -> UnboundedReceiver<String> {
    let (sender, sentences) = unbounded_channel();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
    sentences
}

fn follow(options: &[&str]) -> Child {
    let mut command = program(&[&["tail", "--follow", "--json"], options].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

async fn interrupted(mut child: Child) -> Option<i32> {
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    tokio::task::spawn_blocking(move || child.wait().unwrap().code())
        .await
        .unwrap()
}

#[tokio::test]
async fn following_goes_on_behind_what_was_shown_when_its_connection_was_ended() {
    let log = made(300);
    let own = stored(&log).await;
    let client = own.database.connect("test").await.unwrap();
    hold_back(&client, log[199].position).await;
    let mut child = follow(&["-n", "5", "--database", &own.url]);
    let (mut shown, mut said) = (positions_of(&mut child), sentences_of(&mut child));
    for recorded in &log[195..200] {
        assert_eq!(shown.recv().await, Some(recorded.position.0));
    }
    let end = "select pg_terminate_backend(pid) from pg_stat_activity
                where application_name like 'tenfold-events/read/%' and datname = current_database()";
    for chunk in log[200..].chunks(25) {
        // The one before may still be about to end.
        assert!(!client.query(end, &[]).await.unwrap().is_empty(), "there is one to end");
        let_come(&client, chunk.last().unwrap().position).await;
        for recorded in chunk {
            assert_eq!(
                shown.recv().await,
                Some(recorded.position.0),
                "none is left out or told twice"
            );
        }
        assert!(
            said.recv()
                .await
                .unwrap()
                .contains("waiting until the database is back")
        );
        assert!(said.recv().await.unwrap().contains("is back"));
    }
    assert_eq!(interrupted(child).await, Some(0));
}

#[tokio::test]
async fn following_ends_where_the_log_that_comes_back_is_shorter() {
    let log = made(100);
    let own = stored(&log).await;
    let client = own.database.connect("test").await.unwrap();
    let mut child = follow(&["-n", "1", "--database", &own.url]);
    let (mut shown, mut said) = (positions_of(&mut child), sentences_of(&mut child));
    assert_eq!(shown.recv().await, Some(log[99].position.0));
    let restored = format!(
        "delete from event where position > {0}; select setval('event_position', {0});
         select pg_terminate_backend(pid) from pg_stat_activity
          where application_name like 'tenfold-events/read/%' and datname = current_database()",
        log[50].position
    );
    client.batch_execute(&restored).await.unwrap();
    assert!(said.recv().await.unwrap().contains("waiting"));
    let told = said.recv().await.unwrap();
    assert!(told.contains("older copy"), "{told}");
    let status = tokio::task::spawn_blocking(move || child.wait().unwrap().code())
        .await
        .unwrap();
    assert_eq!(status, Some(2));
}

#[tokio::test]
async fn following_survives_the_private_postgres_being_started_anew_and_starts_none_itself() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let home = folder.path().join("home");
    let postgres = PrivatePostgres::ensure_running(&home).await.unwrap();
    let database = |postgres: &PrivatePostgres| {
        Database::parse(postgres.url())
            .unwrap()
            .with_master_key(MasterKey::new(common::MASTER_KEY))
    };
    database(&postgres).migrate().await.unwrap();
    let log = made(40);
    let client = database(&postgres).connect("test").await.unwrap();
    store(&client, log.iter().cloned()).await.unwrap();
    hold_back(&client, log[19].position).await;
    let mut child = follow(&["--home", home.to_str().unwrap()]);
    let (mut shown, mut said) = (positions_of(&mut child), sentences_of(&mut child));
    for recorded in &log[..20] {
        assert_eq!(shown.recv().await, Some(recorded.position.0));
    }
    postgres.stop().await.unwrap();
    assert!(said.recv().await.unwrap().contains("waiting"));
    let again = PrivatePostgres::ensure_running(&home).await.unwrap();
    assert!(again.started_here(), "whoever only looks starts nothing");
    assert!(said.recv().await.unwrap().contains("is back"));
    let client = database(&again).connect("test").await.unwrap();
    let_come(&client, log[39].position).await;
    for recorded in &log[20..] {
        assert_eq!(shown.recv().await, Some(recorded.position.0));
    }
    assert_eq!(interrupted(child).await, Some(0));
    again.stop().await.unwrap();
}

#[tokio::test]
async fn whoever_does_not_follow_is_told_that_the_database_is_gone() {
    let own = stored(&made(20_000)).await;
    let client = own.database.connect("test").await.unwrap();
    let mut child = program(&["tail", "--json", "--database", &own.url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Nobody reads more than this yet, so that it is in the middle of it.
    let mut begun = [0; 10];
    child.stdout.as_mut().unwrap().read_exact(&mut begun).unwrap();
    let end = "select pg_terminate_backend(pid) from pg_stat_activity
                where application_name like 'tenfold-events/read/%' and datname = current_database()";
    assert_eq!(client.query(end, &[]).await.unwrap().len(), 1);
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let output = output.await.unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr).lines().count(), 1, "{}", text(&output.stderr));
}

#[test]
fn a_span_has_its_end_and_not_what_it_is_behind() {
    let span = tenfold_log::span::Span {
        after: Position(3),
        until: Position(5),
    };
    let inside: Vec<i64> = (0..9).filter(|position| span.contains(Position(*position))).collect();
    assert_eq!(inside, [4, 5]);
}
