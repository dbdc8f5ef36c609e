//! The program `tenfold-events` as people run it.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};

use common::OwnDatabase;
use common::program::{assert_refused, program, run, text};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tenfold_core::event::Recorded;
use tenfold_log::database::Client;
use tenfold_replay::rebuild;
use tenfold_synthetic::{Shape, Synthetic, store};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

async fn with_log(events: usize) -> (OwnDatabase, Vec<Recorded>) {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    let log: Vec<Recorded> = Synthetic::new(Shape::dense(9)).take(events).collect();
    store(&client, log.iter().cloned()).await.unwrap();
    (own, log)
}

#[tokio::test]
async fn mistakes_are_one_sentence_each() {
    let (own, log) = with_log(20).await;
    let beyond = (log.last().unwrap().position.0 + 2).to_string();
    let database = own.url.as_str();
    let nowhere = tempfile::tempdir().unwrap();
    assert_refused(&["state", "--home", nowhere.path().to_str().unwrap()], "bin/server").await;
    assert_refused(&["state", "--database", "nonsense"], "postgres://").await;
    assert_refused(
        &["tail", "--database", "postgres://me:secret@127.0.0.1:1/x"],
        "127.0.0.1:1",
    )
    .await;
    assert_refused(&["state", "--at", &beyond, "--database", database], "beyond the end").await;
    assert_refused(&["tail", "--from", &beyond, "--database", database], "beyond the end").await;
    for position in ["-1", "soon", "1.5", "99999999999999999999"] {
        assert_refused(&["state", "--at", position, "--database", database], "whole number").await;
        assert_refused(&["tail", "--from", position, "--database", database], "whole number").await;
    }
    assert_refused(&["rewind"], "rewind").await;
    assert_refused(&["verify", "--all"], "--all").await;
    let empty = OwnDatabase::empty().await;
    for task in ["tail", "state", "verify", "rebuild"] {
        assert_refused(&[task, "--database", &empty.url], "no Tenfold tables").await;
    }
    let client = own.database.connect("test").await.unwrap();
    client
        .batch_execute("insert into tenfold_schema_history (version, name) values (999, 'later')")
        .await
        .unwrap();
    assert_refused(&["state", "--database", database], "newer").await;
}

#[tokio::test]
async fn an_event_of_a_newer_build_is_shown_as_damaged_and_only_a_rebuild_refuses_to_go_on_without_it() {
    for (kind, version) in [("Levitated", 1), ("Posted", 2)] {
        let (own, _log) = with_log(50).await;
        let client = own.database.connect("test").await.unwrap();
        rebuild::rebuild(&own.database, &rebuild::Progress::default())
            .await
            .unwrap();
        let newer = format!(
            "insert into event (position, id, stream, version, kind, kind_version, command_id, ordinal, data)
             select (draw_positions(1))[1], gen_random_uuid(), gen_random_uuid(), 1, '{kind}', {version},
                    gen_random_uuid(), 0, '{{}}' returning position"
        );
        let position = client
            .query_one(&newer, &[])
            .await
            .unwrap()
            .get::<_, i64>(0)
            .to_string();
        let before = everything(&client).await;
        let why = format!("this build does not know {kind} events of version {version}");
        let bundle = tempfile::tempdir().unwrap();
        let bundle = bundle.path().join("bundle");
        for (arguments, status) in [
            (&["state", "--at", &position][..], 0),
            (&["verify"], 1),
            (&["tail"], 0),
            (&["tail", "--json"], 0),
            (&["show", &position], 0),
            (&["fork", "--skip", &position], 0),
            (&["bisect", "--breaks", "exists(nobody)"], 1),
            (&["export", bundle.to_str().unwrap(), "--from", "1"], 0),
        ] {
            let output = run(&[arguments, &["--database", &own.url]].concat()).await;
            let said = text(&output.stdout) + &text(&output.stderr);
            assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
            assert!(
                said.contains("(damaged)") && said.contains(&why),
                "{arguments:?}: {said}"
            );
        }
        let refused = run(&["rebuild", "--database", &own.url]).await;
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains("restore") && said.contains(&why), "{said}");
        assert_eq!(everything(&client).await, before);
        let anyway = run(&["rebuild", "--despite-damage", "--database", &own.url]).await;
        assert!(anyway.status.success(), "{}", text(&anyway.stderr));
        assert_eq!(everything(&client).await, before);
    }
}

/// All rows of the log and of all projections, as text.
async fn everything(client: &Client) -> Vec<String> {
    let mut rows = Vec::new();
    for table in [
        "event",
        "account",
        "session",
        "seat",
        "pair",
        "post",
        "groups",
        "membership",
        "instance",
    ] {
        let select = format!("select '{table} ' || t::text from {table} t order by 1");
        let all = client.query(&select, &[]).await.unwrap();
        rows.extend(all.iter().map(|row| row.get::<_, String>(0)));
    }
    rows
}

#[tokio::test]
async fn tail_prints_every_event_in_order_as_json_and_for_people() {
    let (own, log) = with_log(1500).await;
    let printed = run(&["tail", "--json", "--database", &own.url]).await;
    assert!(printed.status.success(), "{}", text(&printed.stderr));
    let lines: Vec<Value> = text(&printed.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), log.len());
    for (line, recorded) in lines.iter().zip(&log) {
        assert_eq!(line["position"], recorded.position.0);
        assert_eq!(line["id"], recorded.id.to_string());
        assert_eq!(line["kind"], recorded.event.kind());
        assert_eq!(line["stream"], recorded.event.stream().id().to_string());
        assert_eq!(line["version"], recorded.version);
        let personal = recorded.event.personal();
        assert_eq!(
            personal.map(|(field, _)| &line["personal"][field]),
            personal.map(|(_, text)| text.into()).as_ref()
        );
    }
    let from = log[1400].position.to_string();
    let printed = run(&["tail", "--from", &from, "--database", &own.url]).await;
    let lines = text(&printed.stdout);
    assert_eq!(lines.lines().count(), 100);
    let first = lines.lines().next().unwrap();
    assert!(
        first.contains(&from) && first.contains(log[1400].event.kind()),
        "{first}"
    );
    assert!(lines.contains("person-"), "names stand for ids");
    assert!(!lines.contains(|character: char| character.is_control() && character != '\n'));
}

#[tokio::test]
async fn state_verify_and_rebuild_agree() {
    let (own, log) = with_log(700).await;
    let database = own.url.as_str();
    let damaged = run(&["verify", "--database", database]).await;
    assert_eq!(damaged.status.code(), Some(1));
    assert!(
        text(&damaged.stdout).contains("is missing"),
        "{}",
        text(&damaged.stdout)
    );
    let rebuilt = run(&["rebuild", "--database", database]).await;
    assert!(rebuilt.status.success(), "{}", text(&rebuilt.stderr));
    assert!(
        text(&rebuilt.stdout).starts_with("rebuilt from 700 events in "),
        "{}",
        text(&rebuilt.stdout)
    );
    let verified = run(&["verify", "--database", database]).await;
    assert!(verified.status.success(), "{}", text(&verified.stdout));
    let end = log.last().unwrap().position.to_string();
    let now = run(&["state", "--json", "--database", database]).await;
    let at = run(&["state", "--json", "--at", &end, "--database", database]).await;
    assert_eq!(text(&now.stdout), text(&at.stdout));
    let people = run(&["state", "--database", database]).await;
    assert!(text(&people.stdout).starts_with(&format!("State at position {end}\n")));
}

#[tokio::test]
async fn whoever_stops_reading_ends_the_program_quietly() {
    let (own, _) = with_log(5000).await;
    for arguments in [&["tail", "--json"][..], &["tail", "--follow"], &["state"], &["verify"]] {
        let mut child = program(arguments)
            .args(["--database", &own.url])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let (status, said) = tokio::task::spawn_blocking(move || end_of(&mut child)).await.unwrap();
        assert_eq!((status, said.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[tokio::test]
async fn following_prints_what_comes_and_ends_by_an_interrupt() {
    let (own, log) = with_log(10).await;
    let client = own.database.connect("test").await.unwrap();
    let mut child = program(&["tail", "--follow", "--json", "--database", &own.url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut positions = positions_of(&mut child);
    for recorded in &log {
        assert_eq!(positions.recv().await, Some(recorded.position.0));
    }
    let append = "insert into event (position, id, stream, version, kind, kind_version, command_id, ordinal, data)
                  select (draw_positions(1))[1], gen_random_uuid(), gen_random_uuid(), 1, 'Levitated', 1,
                         gen_random_uuid(), 0, '{}' returning position";
    let position: i64 = client.query_one(append, &[]).await.unwrap().get(0);
    assert_eq!(positions.recv().await, Some(position));
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    let (status, said) = tokio::task::spawn_blocking(move || end_of(&mut child)).await.unwrap();
    assert_eq!((status, said.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn an_interrupted_rebuild_leaves_nothing_behind() {
    let (own, _) = with_log(20_000).await;
    let client = own.database.connect("test").await.unwrap();
    let mut child = program(&["rebuild", "--database", &own.url])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let schemas = "select count(*) from pg_namespace where nspname in ('tenfold_rebuild', 'tenfold_retired')";
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while client.query_one(schemas, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        assert!(std::time::Instant::now() < deadline, "the rebuild never began");
    }
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    let (status, said) = tokio::task::spawn_blocking(move || end_of(&mut child)).await.unwrap();
    assert_eq!((status, said.as_str()), (Some(130), ""));
    assert_eq!(client.query_one(schemas, &[]).await.unwrap().get::<_, i64>(0), 0);
    let accounts = "select count(*) from account";
    assert_eq!(
        client.query_one(accounts, &[]).await.unwrap().get::<_, i64>(0),
        0,
        "and nothing is changed"
    );
}

/// The positions in the lines that the program prints, as they come.
fn positions_of(child: &mut Child) -> UnboundedReceiver<i64> {
    let (sender, positions) = unbounded_channel();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    std::thread::spawn(move || {
        for line in lines {
            let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
            let _ = sender.send(event["position"].as_i64().unwrap());
        }
    });
    positions
}

fn end_of(child: &mut Child) -> (Option<i32>, String) {
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code(), said)
}
