//! Bundles: few events that stand by themselves and tell the same of those whom the question is about; no secret in them;
//! read whole or not at all.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use common::OwnDatabase;
use common::program::{assert_refused, run, text};
use common::service::{Service, happened};
use serde_json::Value;
use tenfold_core::event::Recorded;
use tenfold_core::facts::Facts;
use tenfold_core::ids::Position;
use tenfold_inspect::bundle;
use tenfold_inspect::event_kinds::preconditions;
use tenfold_inspect::preconditions::Found;
use tenfold_log::sealing::MasterKey;
use tenfold_replay::rebuild::{Progress, rebuild};
use tenfold_replay::state::Part;
use tenfold_synthetic::{Shape, Synthetic, store};
use uuid::Uuid;

async fn with_log(seed: u64, events: usize) -> (OwnDatabase, Vec<Recorded>) {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    let log: Vec<Recorded> = Synthetic::new(Shape::dense(seed)).take(events).collect();
    store(&client, log.iter().cloned()).await.unwrap();
    rebuild(&own.database, &Progress::default()).await.unwrap();
    (own, log)
}

fn file(folder: &tempfile::TempDir, name: &str) -> (PathBuf, String) {
    let path = folder.path().join(name);
    let text = path.to_str().unwrap().to_owned();
    (path, text)
}

/// Of each list of a state, what names somebody.
fn about(state: &Value, name: &str) -> Vec<String> {
    let name = format!("\"{name}\"");
    let lists = ["accounts", "friends", "invites", "posts", "sessions"];
    let items = lists.iter().flat_map(|list| state[list].as_array().unwrap());
    items
        .map(Value::to_string)
        .filter(|item| item.contains(&name))
        .collect()
}

/// All that `state --user` tells, as JSON.
fn part(facts: &Facts, name: &str) -> String {
    let account = facts.account_named(name).unwrap().id;
    let part = Part::of(facts, account.0, Position::START).unwrap();
    serde_json::to_string(&part).unwrap()
}

#[tokio::test]
async fn a_bundle_stands_by_itself_and_tells_of_its_people_what_the_log_tells() {
    let (own, log) = with_log(71, 2500).await;
    let facts_of_log = bundle::fold(&log).unwrap();
    let whole = bundle::expected(&facts_of_log);
    let facts_of_log = facts_of_log.facts;
    let folder = tempfile::tempdir().unwrap();
    let accounts = whole["accounts"].as_array().unwrap();
    for name in accounts.iter().map(|name| name.as_str().unwrap()).step_by(4) {
        let (path, path_text) = file(&folder, name);
        let exported = run(&["export", "--user", name, &path_text, "--database", &own.url]).await;
        assert!(exported.status.success(), "{}", text(&exported.stderr));
        let mode = std::fs::metadata(&path_text).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "for its owner alone");
        let bundle = bundle::read(&std::fs::read(path).unwrap()).unwrap();
        assert!(bundle.events.len() < log.len() / 2, "{} events", bundle.events.len());
        assert_eq!(about(&bundle.expected, name), about(&whole, name), "{name}");
        let folded = bundle::fold(&bundle.events).unwrap();
        assert_eq!(part(&folded.facts, name), part(&facts_of_log, name), "{name}");
        let mut facts = Facts::default();
        for recorded in &bundle.events {
            for precondition in preconditions(&facts, &recorded.event) {
                assert_ne!(
                    precondition.found,
                    Found::Missing,
                    "{name}: {recorded:?} {precondition:?}"
                );
            }
            facts
                .apply(recorded.position, recorded.version, &recorded.event)
                .unwrap();
        }
    }
}

#[tokio::test]
async fn a_bundle_of_a_group_or_a_server_tells_of_it_what_the_log_tells() {
    let (own, log) = with_log(75, 1500).await;
    let whole = bundle::fold(&log).unwrap().facts;
    let folder = tempfile::tempdir().unwrap();
    let groups = whole.groups().map(|group| ("--group", group.id.0));
    let servers = whole.instances().map(|instance| ("--instance", instance.id.0));
    for (option, id) in groups.step_by(9).take(4).chain(servers.step_by(5).take(4)) {
        let (path, path_text) = file(&folder, &id.to_string());
        let exported = run(&["export", option, &id.to_string(), &path_text, "--database", &own.url]).await;
        assert!(exported.status.success(), "{}", text(&exported.stderr));
        let events = bundle::read(&std::fs::read(path).unwrap()).unwrap().events;
        let facts = bundle::fold(&events).unwrap().facts;
        let part = |facts: &Facts| serde_json::to_string(&Part::of(facts, id, Position::START)).unwrap();
        assert_eq!(part(&facts), part(&whole), "{option} {id}");
    }
}

#[tokio::test]
async fn a_bundle_is_imported_and_replayed_and_renamed_on_request() {
    let (own, log) = with_log(72, 1200).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, plain) = file(&folder, "plain.bundle");
    let at = log[900].position.to_string();
    let exported = run(&["export", "--around", &at, &plain, "--database", &own.url]).await;
    assert!(exported.status.success(), "{}", text(&exported.stderr));
    let replayed = run(&["replay-bundle", &plain]).await;
    assert!(replayed.status.success(), "{}", text(&replayed.stdout));
    assert!(
        text(&replayed.stdout).contains("make the expected state"),
        "{}",
        text(&replayed.stdout)
    );

    let name = format!("bundle_{}", Uuid::new_v4().simple());
    let imported = run(&["import", &plain, "--to", &name, "--database", &own.url]).await;
    assert!(imported.status.success(), "{}", text(&imported.stderr));
    let tail = run(&["tail", "--json", "--sandbox", &name, "--database", &own.url]).await;
    let events = bundle::read(&std::fs::read(&path).unwrap()).unwrap().events;
    assert_eq!(text(&tail.stdout).lines().count(), events.len());
    assert!(events.iter().any(|recorded| recorded.position == log[900].position));
    let verified = run(&["verify", "--sandbox", &name, "--database", &own.url]).await;
    assert!(verified.status.success(), "{}", text(&verified.stdout));
    assert_refused(
        &["import", &plain, "--to", &name, "--database", &own.url],
        "exists already",
    )
    .await;
    let dropped = run(&["fork", "drop", &name, "--database", &own.url]).await;
    assert!(dropped.status.success(), "{}", text(&dropped.stderr));

    let (path, renamed) = file(&folder, "renamed.bundle");
    let exported = run(&["export", "--around", &at, "--rename", &renamed, "--database", &own.url]).await;
    assert!(exported.status.success(), "{}", text(&exported.stderr));
    let words = std::fs::read_to_string(path).unwrap();
    for recorded in &events {
        let personal = recorded
            .event
            .personal()
            .map(|(_, text)| text)
            .filter(|text| text.len() > 12);
        assert!(personal.is_none_or(|text| !words.contains(text)), "{recorded:?}");
    }
    assert_refused(
        &["export", "--around", &at, &renamed, "--database", &own.url],
        "exists already",
    )
    .await;
}

#[tokio::test]
async fn no_secret_is_in_a_bundle() {
    let service = Service::new(4).await;
    let (alice, bob) = (service.person("alice").await, service.person("bob").await);
    service.befriend(&alice, &bob).await;
    happened(service.run(&alice, "send bob hello").await);
    let client = service.own.database.connect("test").await.unwrap();
    client
        .batch_execute(
            "update password set hash = '$argon2id$planted'; insert into setting values ('token-key', 'planted')",
        )
        .await
        .unwrap();
    let exported = run(&["export", "--user", "alice", "-", "--database", &service.own.url]).await;
    let words = text(&exported.stdout);
    assert!(words.contains("hello"), "{words}");
    let secrets = "select encode(token_hash, 'hex') from session_secret
                   union all select digest::text from event where digest is not null
                   union all select encode(wrapped, 'hex') from tenfold_keys.account
                   union all select encode(sealed, 'hex') from event where sealed is not null";
    let secrets = client.query(secrets, &[]).await.unwrap();
    assert!(secrets.len() > 6, "{}", secrets.len());
    let master = MasterKey::new(common::MASTER_KEY).reveal();
    let more = [
        "planted".into(),
        "argon2".into(),
        "digest".into(),
        "sealed".into(),
        master,
    ];
    for secret in secrets.iter().map(|row| row.get::<_, String>(0)).chain(more) {
        assert!(!words.contains(&secret), "{secret}: {words}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_whole_bundle_of_this_build_changes_nothing() {
    let (own, log) = with_log(73, 300).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, whole) = file(&folder, "whole.bundle");
    let to = log[250].position.to_string();
    let exported = run(&["export", "--to", &to, &whole, "--database", &own.url]).await;
    assert!(exported.status.success(), "{}", text(&exported.stderr));
    let words = std::fs::read_to_string(path).unwrap();
    let client = own.database.connect("test").await.unwrap();
    let databases = "select count(*) from pg_database where datname like 'nobundle_%'";
    let name = format!("nobundle_{}", Uuid::new_v4().simple());
    for (case, content, part) in [
        ("cut", words[..words.len() / 2].to_owned(), "cut off"),
        ("changed", words.replacen("person-", "nobody-", 1), "was changed"),
        (
            "newer",
            words.replacen("\"tenfold_bundle\":1", "\"tenfold_bundle\":2", 1),
            "or a newer one",
        ),
        ("other", "hello\n".into(), "no bundle"),
        ("nothing", String::new(), "no bundle"),
    ] {
        let (path, text) = file(&folder, case);
        std::fs::write(path, content).unwrap();
        assert_refused(&["import", &text, "--to", &name, "--database", &own.url], part).await;
        assert_refused(&["replay-bundle", &text], part).await;
    }
    assert_refused(
        &["import", "/nowhere/x", "--to", &name, "--database", &own.url],
        "cannot be read",
    )
    .await;
    assert_eq!(client.query_one(databases, &[]).await.unwrap().get::<_, i64>(0), 0);

    let (path, unknown) = file(&folder, "unknown.bundle");
    client
        .execute(
            "update event set kind = 'Levitated' where position = $1",
            &[&log[20].position.0],
        )
        .await
        .unwrap();
    // What cannot be read is left out, and said.
    let exported = run(&["export", "--to", &to, &unknown, "--database", &own.url]).await;
    let said = text(&exported.stderr);
    assert_eq!(exported.status.code(), Some(0), "{said}");
    assert!(
        said.contains("is left out: (damaged)") && said.contains("Levitated"),
        "{said}"
    );
    std::fs::remove_file(&path).unwrap();
    assert_refused(&["export", &unknown, "--database", &own.url], "--user NAME").await;
    assert_refused(
        &["export", "--user", "nobody", &unknown, "--database", &own.url],
        "called nobody",
    )
    .await;
    assert!(!Path::exists(&path));
}

#[tokio::test]
async fn a_bundle_whose_events_make_something_else_is_told_with_the_difference() {
    let log: Vec<Recorded> = Synthetic::new(Shape::dense(74)).take(200).collect();
    let mut expected = bundle::expected(&bundle::fold(&log).unwrap());
    expected["accounts"]
        .as_array_mut()
        .unwrap()
        .push("somebody-else".into());
    let header = bundle::Header {
        tenfold_bundle: bundle::FORMAT,
        events: log.len(),
        made_by: "another build".into(),
        question: String::new(),
        renamed: false,
    };
    let mut bytes = Vec::new();
    let mut writer = bundle::Writer::begin(&mut bytes, &header).unwrap();
    log.iter().for_each(|event| writer.event(event).unwrap());
    writer.end(&expected).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (path, path_text) = file(&folder, "other.bundle");
    std::fs::write(path, bytes).unwrap();
    let replayed = run(&["replay-bundle", &path_text]).await;
    assert_eq!(replayed.status.code(), Some(1));
    let told = text(&replayed.stdout);
    assert!(
        told.contains("another state") && told.contains("- somebody-else"),
        "{told}"
    );
}

/// A group of forty who write to it in turn, in so many messages.
fn busy_group(messages: usize) -> Vec<Recorded> {
    let mut script = String::from("day 2026-11-24\n08:00 register p0\n08:00 login p0\n08:00 create-group p0 crew\n");
    for person in 1..40 {
        script += &format!(
            "08:{person:02} register p{person}\n08:{person:02} login p{person}\n08:{person:02} join-group p{person} crew\n"
        );
    }
    for message in 0..messages {
        let (second, person) = (message % 60, message % 40);
        let (hour, minute) = (9 + message / 3600, message / 60 % 60);
        script += &format!("{hour:02}:{minute:02}:{second:02} send-group p{person} crew hello {message}\n");
    }
    tenfold_synthetic::rehearse(&script).unwrap()
}

#[tokio::test]
async fn a_busy_group_is_exported_in_little_more_time_than_it_takes_to_print_it() {
    let log = busy_group(8000);
    let own = common::stored(&log).await;
    let timed = async |arguments: &[&str]| {
        let begun = std::time::Instant::now();
        let output = run(&[arguments, &["--database", &own.url]].concat()).await;
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        (begun.elapsed(), text(&output.stdout))
    };
    let (printing, _) = timed(&["tail", "--json"]).await;
    for question in [&["--group", "crew"][..], &["--user", "p7"], &["--from", "1"]] {
        let (exporting, bundle) = timed(&[&["export", "-"], question].concat()).await;
        let allowed = 10 * printing + std::time::Duration::from_secs(2);
        assert!(
            exporting < allowed,
            "{question:?}: {exporting:?}, printing {printing:?}"
        );
        // Who was in the group saw everything that was written to it.
        let messages = bundle
            .lines()
            .filter(|line| line.contains("\"GroupMessageSent\""))
            .count();
        let of_log = log
            .iter()
            .filter(|recorded| recorded.event.kind() == "GroupMessageSent")
            .count();
        assert_eq!(messages, of_log, "{question:?}");
    }
}
