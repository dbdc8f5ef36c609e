//! Forks: what is kept is what the edited log folds to, and the log that was forked is left as it was.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::OwnDatabase;
use common::program::{assert_refused, program, run, text};
use common::service::{Service, happened};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use tenfold_core::event::{Event, Recorded};
use tenfold_core::facts::Facts;
use tenfold_core::ids::{AccountId, CommandId, EventId, Position};
use tenfold_core::intent::Intent;
use tenfold_inspect::event_kinds::preconditions;
use tenfold_inspect::fork::sandbox::{self, Sandbox};
use tenfold_inspect::fork::{Edits, copy, trial};
use tenfold_inspect::preconditions::Found;
use tenfold_log::append::Submission;
use tenfold_log::database::Client;
use tenfold_log::sealing::sandboxes;
use tenfold_log::span::Span;
use tenfold_replay::fold::Counter;
use tenfold_replay::rebuild::{Progress, rebuild};
use tenfold_replay::state::{self, State};
use tenfold_replay::verify::verify;
use tenfold_synthetic::{Shape, Synthetic, store};
use uuid::Uuid;

/// Nobody has made a history index of these sandboxes.
const NO_HOME: &str = "/nonexistent";

async fn with_log(seed: u64, events: usize) -> (OwnDatabase, Client, Vec<Recorded>) {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    let log: Vec<Recorded> = Synthetic::new(Shape::dense(seed)).take(events).collect();
    store(&client, log.iter().cloned()).await.unwrap();
    rebuild(&own.database, &Progress::default()).await.unwrap();
    (own, client, log)
}

/// A name that no other test has.
fn fresh_name() -> String {
    format!("sandbox_{}", Uuid::new_v4().simple())
}

/// Everything that stands in the database, as one number.
async fn fingerprint(client: &Client) -> String {
    let all = "select md5(string_agg(t::text, '|' order by t::text)) from (
                   select e::text from event e union all select p::text from post p union all select a::text from account a
                   union all select s::text from setting s union all select g::text from membership g
                   union all select last_value::text from event_position) as t(t)";
    client.query_one(all, &[]).await.unwrap().get(0)
}

/// The fork in the simplest way: a list that is edited, and folded from its beginning.
fn plainly(log: &[Recorded], edits: &Edits) -> (State, BTreeSet<Position>) {
    let (mut original, mut forked) = (Facts::default(), Facts::default());
    let (mut end, mut shift, mut met) = (Position::START, 0, false);
    let mut left = BTreeSet::new();
    for recorded in log {
        let position = recorded.position;
        let missing = |facts: &Facts, event: &Event| {
            let all = preconditions(facts, event).into_iter();
            all.filter(|one| one.found == Found::Missing)
                .map(|one| one.requirement)
                .collect::<Vec<_>>()
        };
        let is_skipped = edits.skipped.contains(&position);
        let mut event = recorded.event.clone();
        if let Event::SeatTaken {
            instance,
            number,
            seats,
            ..
        } = &mut event
        {
            let free: Vec<u16> = (0..*seats).filter(|seat| !forked.is_taken(*instance, *seat)).collect();
            if !free.contains(number) && !free.is_empty() {
                *number = free[0];
            }
        }
        let lacked = missing(&original, &recorded.event);
        let lacks = missing(&forked, &event);
        original.fold(position, recorded.version, &recorded.event).unwrap();
        end = Position(position.0 + shift);
        met |= is_skipped;
        if !is_skipped {
            let version = forked.version(event.stream().id()) + 1;
            let lost = met && lacks.iter().any(|requirement| !lacked.contains(requirement));
            if lost || forked.fold(end, version, &event).is_err() {
                left.insert(position);
            }
        }
        for inserted in edits.inserted.get(&position).into_iter().flatten() {
            met = true;
            shift += 1;
            end = Position(position.0 + shift);
            let version = forked.version(inserted.event.stream().id()) + 1;
            forked.fold(end, version, &inserted.event).unwrap();
        }
    }
    (State::of(&forked, end), left)
}

fn posted_behind(recorded: &Recorded, author: AccountId) -> Recorded {
    Recorded {
        id: EventId(Uuid::now_v7()),
        command: CommandId(Uuid::now_v7()),
        ordinal: 0,
        event: Event::Posted {
            author,
            text: "put in".into(),
        },
        ..recorded.clone()
    }
}

/// A few events left out and a few put in, by somebody who is in the fork whatever is left out: they were there first.
fn random_edits(random: &mut StdRng, log: &[Recorded]) -> Edits {
    let Event::AccountRegistered { account, .. } = log[0].event else {
        panic!("{:?}", log[0])
    };
    let mut edits = Edits::default();
    for _ in 0..random.random_range(0..8) {
        edits.skipped.insert(log[random.random_range(1..log.len())].position);
    }
    for _ in 0..random.random_range(0..5) {
        let before = &log[random.random_range(0..log.len())];
        let inserted = edits.inserted.entry(before.position).or_default();
        inserted.push(posted_behind(before, account));
    }
    edits
}

#[tokio::test]
async fn a_trial_is_what_the_edited_log_folds_to() {
    for seed in 51..54 {
        let (_own, client, log) = with_log(seed, 600).await;
        let before = fingerprint(&client).await;
        let mut random = StdRng::seed_from_u64(seed);
        for _ in 0..10 {
            let edits = random_edits(&mut random, &log);
            let (expected, left) = plainly(&log, &edits);
            let tried = trial(&client, Span::ALL, edits, true, &Counter::default())
                .await
                .unwrap();
            assert_eq!(State::of(&tried.forked, tried.ends.1), expected);
            let left_out: BTreeSet<Position> = tried.left_out.iter().map(|left| left.position).collect();
            assert_eq!(left_out, left);
        }
        assert_eq!(
            fingerprint(&client).await,
            before,
            "the log that is forked is only read"
        );
    }
}

#[tokio::test]
async fn what_is_kept_is_what_was_tried_and_versions_have_no_gaps() {
    let (own, client, log) = with_log(55, 600).await;
    let before = fingerprint(&client).await;
    let edits = random_edits(&mut StdRng::seed_from_u64(56), &log);
    assert!(!edits.skipped.is_empty() && !edits.inserted.is_empty());
    let tried = trial(&client, Span::ALL, edits, true, &Counter::default())
        .await
        .unwrap();
    let kept = Sandbox::create(&own.database, &fresh_name()).await.unwrap();
    let to = kept.database().connect("test").await.unwrap();
    let last = copy::copy(
        &client,
        &to,
        Span::ALL,
        &tried.edits_to_write(&client).await.unwrap(),
        &Counter::default(),
    )
    .await
    .unwrap();
    rebuild(kept.database(), &Progress::default()).await.unwrap();
    let expected = State {
        position: last,
        ..State::of(&tried.forked, tried.ends.1)
    };
    assert_eq!(state::now(&to).await.unwrap(), expected);
    let verdict = verify(&to, &Counter::default()).await.unwrap();
    assert!(verdict.differences.is_empty(), "{:?}", verdict.differences.sentences());
    let gaps = "select count(*) from (select from event group by stream having max(version) <> count(*)) as g";
    assert_eq!(to.query_one(gaps, &[]).await.unwrap().get::<_, i64>(0), 0);
    assert_eq!(
        fingerprint(&client).await,
        before,
        "the log that is forked is only read"
    );
    drop(to);
    kept.discard().await.unwrap();
}

#[tokio::test]
async fn a_sandbox_is_kept_looked_into_and_removed_and_nothing_else_ever_is() {
    let (own, client, log) = with_log(41, 400).await;
    let (database, name) = (own.url.as_str(), fresh_name());
    let before = fingerprint(&client).await;
    let position = log[399].position.to_string();
    let made = run(&["fork", "--to", &name, "--skip", &position, "--database", database]).await;
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(text(&made.stdout).contains(&name), "{}", text(&made.stdout));
    let tail = run(&["tail", "--json", "--sandbox", &name, "--database", database]).await;
    assert_eq!(text(&tail.stdout).lines().count(), 399);
    let verified = run(&["verify", "--sandbox", &name, "--database", database]).await;
    assert!(verified.status.success(), "{}", text(&verified.stdout));

    let again = ["fork", "--to", &name, "--database", database];
    assert_refused(&again, "exists already").await;
    let live = own.database.endpoint();
    let live = live.rsplit('/').next().unwrap();
    assert_refused(&["fork", "--to", live, "--database", database], "no sandbox").await;
    assert_refused(&["fork", "drop", live, "--database", database], "no sandbox").await;
    assert_refused(&["fork", "drop", "postgres", "--database", database], "no sandbox").await;
    assert_refused(
        &["fork", "drop", &fresh_name(), "--database", database],
        "there is no sandbox",
    )
    .await;
    assert_refused(&["state", "--sandbox", live, "--database", database], "no sandbox").await;
    assert_refused(&["fork", "--to", "No Name", "--database", database], "small letters").await;

    let dropped = run(&["fork", "drop", &name, "--database", database]).await;
    assert!(dropped.status.success(), "{}", text(&dropped.stderr));
    assert_refused(
        &["state", "--sandbox", &name, "--database", database],
        "there is no sandbox",
    )
    .await;
    assert_eq!(fingerprint(&client).await, before);
}

#[tokio::test]
async fn an_event_that_cannot_happen_any_more_is_named_and_left_out_on_request() {
    let (own, _client, log) = with_log(42, 500).await;
    let database = own.url.as_str();
    let Event::AccountRegistered { account, name } = &log[0].event else {
        panic!("{:?}", log[0])
    };
    let position = log[0].position.to_string();
    let next = log
        .iter()
        .skip(1)
        .find(|recorded| recorded.event.stream().id() == account.0)
        .unwrap();
    let refused = ["fork", "--skip", &position, "--database", database];
    assert_refused(&refused, &format!("position {}", next.position)).await;
    assert_refused(&refused, "--skip-impossible").await;
    let tried = run(&[
        "fork",
        "--skip",
        &position,
        "--skip-impossible",
        "--json",
        "--database",
        database,
    ])
    .await;
    let outcome: Value = serde_json::from_slice(&tried.stdout).unwrap();
    assert!(outcome["left_out"][0]["position"] == next.position.0, "{outcome}");
    let people = outcome["differences"]["accounts"]["gone"].to_string();
    let lives_still = log
        .iter()
        .all(|recorded| recorded.event != Event::AccountDeleted { account: *account });
    assert_eq!(people.contains(&format!("\"{name}\"")), lives_still, "{outcome}");
}

#[tokio::test]
async fn edits_that_cannot_be_are_refused() {
    let (own, _client, log) = with_log(43, 100).await;
    let database = own.url.as_str();
    let posted = log
        .iter()
        .find(|recorded| matches!(recorded.event, Event::Posted { .. }))
        .unwrap();
    let at = posted.position.to_string();
    let beyond = (log.last().unwrap().position.0 + 5).to_string();
    for (option, value, part) in [
        ("--skip", beyond.clone(), "no event at position"),
        ("--skip", "soon".into(), "812-820"),
        ("--replace", "7".into(), "POSITION=JSON"),
        ("--replace", format!("{beyond}={{}}"), "no event at position"),
        ("--replace", format!("{at}={{\"kind\":\"Levitated\"}}"), "Levitated"),
        ("--insert-after", format!("{at}=sing alice"), "no command sing"),
        (
            "--insert-after",
            format!("{at}=post nobody hi"),
            "nobody is called nobody",
        ),
        ("--insert-after", format!("{at}=list-group person-1"), "leaves no event"),
        ("--insert-after", format!("{at}={{}}"), "no kind"),
        ("--insert-after", format!("{at}={{\"kind\":\"Posted\"}}"), "damaged"),
        ("--until", "2001-01-01".into(), "before the beginning"),
    ] {
        assert_refused(&["fork", option, &value, "--database", database], part).await;
    }
    let same = format!("{at}={{\"personal\":{{\"text\":\"x\"}}}}");
    assert_refused(
        &["fork", "--skip", &at, "--replace", &same, "--database", database],
        "both",
    )
    .await;
    let replaced = run(&["fork", "--replace", &same, "--json", "--database", database]).await;
    let outcome: Value = serde_json::from_slice(&replaced.stdout).unwrap();
    assert_eq!(outcome["left_out"], serde_json::json!([]));
}

#[tokio::test]
async fn a_command_that_is_put_in_is_decided_where_it_stands() {
    let script = "day 2026-11-24\n09:00 register a\n09:01 login a\n09:02 register b\n09:03 login b\n09:04 invite a b\n\
                  09:05 post a hello\n09:06 logout a";
    let log = tenfold_synthetic::rehearse(script).unwrap();
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    store(&client, log.iter().cloned()).await.unwrap();
    let posted = log.iter().find(|recorded| recorded.event.kind() == "Posted").unwrap();
    let (database, name, at) = (own.url.as_str(), fresh_name(), posted.position);
    let typed = format!("{at}=accept-invite b a");
    let again = format!("{at}=send b a hi there");
    let put = ["--insert-after", &typed, "--insert-after", &again];
    let made = run(&[&["fork", "--json", "--to", &name, "--database", database], &put[..]].concat()).await;
    assert!(made.status.success(), "{}", text(&made.stderr));
    let outcome: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(
        outcome["differences"]["friends"]["appeared"],
        serde_json::json!([["a", "b"]])
    );
    let tail = run(&["tail", "--sandbox", &name, "--database", database]).await;
    let tail = text(&tail.stdout);
    let kinds = ["Posted", "InviteAccepted", "MessageSent"];
    let lines: Vec<&str> = tail.lines().skip_while(|line| !line.contains("Posted")).collect();
    for (kind, line) in kinds.iter().zip(&lines) {
        assert!(line.contains(kind), "{tail}");
    }
    assert!(lines.last().unwrap().contains("SessionEnded"), "{tail}");
    sandbox::drop(&own.database, &name, Path::new(NO_HOME)).await.unwrap();
    // Where it stands matters: behind the end a is not online any more, which leaves its own trace.
    let end = log.last().unwrap().position;
    let late = format!("{end}=send a b hi");
    assert_refused(
        &["fork", "--insert-after", &late, "--database", database],
        "a is not logged in",
    )
    .await;
}

#[tokio::test]
async fn an_unfinished_sandbox_is_tidied_away_and_a_finished_one_is_not() {
    let (own, _client, _) = with_log(44, 20).await;
    let name = fresh_name();
    let kept = Sandbox::create(&own.database, &name).await.unwrap();
    assert!(
        sandbox::open(&own.database, &name).await.is_ok(),
        "it can be seen, and be dropped, while it is made"
    );
    kept.finish("a test").await.unwrap();
    sandbox::tidy(&own.database, &name).await.unwrap();
    sandbox::drop(&own.database, &name, Path::new(NO_HOME)).await.unwrap();
    Sandbox::create(&own.database, &name).await.unwrap();
    sandbox::tidy(&own.database, &name).await.unwrap();
    assert!(sandbox::open(&own.database, &name).await.is_err());
}

/// Every word in the sandbox's tables, sealed ones opened.
async fn told(database: &tenfold_log::database::Database) -> String {
    let client = database.connect("test").await.unwrap();
    let events = tenfold_inspect::reader::read(&client, Position::START, Position(i64::MAX))
        .await
        .unwrap();
    let rows = "select coalesce(string_agg(t, ' '), '') from (select text from post union all select name from account) as t(t)";
    let rows: String = client.query_one(rows, &[]).await.unwrap().get(0);
    format!("{rows} {}", serde_json::to_string(&events).unwrap())
}

#[tokio::test]
async fn a_sandbox_forgets_whoever_is_deleted_after_it_was_made() {
    let service = Service::new(5).await;
    let (alice, bob) = (service.person("alice").await, service.person("bob").await);
    service.befriend(&alice, &bob).await;
    happened(service.run(&alice, "post quux-by-alice").await);
    happened(service.run(&bob, "post quux-by-bob").await);
    let (live, name) = (&service.own.database, fresh_name());
    let client = live.connect("test").await.unwrap();
    let kept = Sandbox::create(live, &name).await.unwrap();
    let to = kept.database().connect("test").await.unwrap();
    let counter = Counter::default();
    copy::copy(&client, &to, Span::ALL, &Edits::default(), &counter)
        .await
        .unwrap();
    drop(to);
    rebuild(kept.database(), &Progress::default()).await.unwrap();
    kept.finish("a test").await.unwrap();
    let before = told(&sandbox::open(live, &name).await.unwrap()).await;
    for word in ["alice", "quux-by-alice", "bob", "quux-by-bob"] {
        assert!(before.contains(word), "{word}: {before}");
    }
    let plain = "select count(*) from event where personal is not null";
    let sandboxed = live.on_same_server(&name).connect("test").await.unwrap();
    let plain: i64 = sandboxed.query_one(plain, &[]).await.unwrap().get(0);
    assert_eq!(plain, 0, "what people wrote stays sealed in a fork");
    drop(sandboxed);

    // Somebody who tried something out in it has put words of hers in, in plain text.
    let sandboxed = live.on_same_server(&name).connect("test").await.unwrap();
    let plain = "update event set personal = '{\"text\": \"quux-put-in-by-alice\"}', sealed = null
                  where kind = 'Posted' and stream = $1";
    assert_eq!(sandboxed.execute(plain, &[&alice.account.0]).await.unwrap(), 1);
    let delete = Submission::new(Intent::Delete(alice.clone()));
    happened(service.writer.submit(delete).await.unwrap());
    // The program finds the master key after it has opened the sandbox: forgetting needs none.
    for _look in ["the first", "a later one"] {
        for task in [
            &["tail", "--json"][..],
            &["state"],
            &["state", "--at", "8"],
            &["verify"],
        ] {
            let looked = run(&[task, &["--sandbox", &name, "--database", &service.own.url]].concat()).await;
            let said = format!("{}{}", text(&looked.stdout), text(&looked.stderr));
            assert!(looked.status.success(), "{task:?}: {said}");
            assert!(!said.contains("alice"), "{task:?}: {said}");
        }
    }
    let after = told(&sandbox::open(live, &name).await.unwrap()).await;
    assert!(!after.contains("alice"), "{after}");
    assert!(after.contains("quux-by-bob"), "{after}");
    let statistics = "select coalesce(string_agg(concat(most_common_vals, histogram_bounds), ' '), '') from pg_stats
                       where tablename in ('account', 'post')";
    let statistics: String = sandboxed.query_one(statistics, &[]).await.unwrap().get(0);
    assert!(!statistics.contains("alice"), "{statistics}");
    drop(sandboxed);
    sandbox::drop(live, &name, Path::new(NO_HOME)).await.unwrap();
}

#[tokio::test]
async fn whoever_is_deleted_is_forgotten_at_once_in_all_sandboxes_of_that_database() {
    let service = Service::new(5).await;
    let alice = service.person("alice").await;
    happened(service.run(&alice, "post quux-by-alice").await);
    let (live, url) = (&service.own.database, service.own.url.as_str());
    let [fork, of_fork] = [fresh_name(), fresh_name()];
    for arguments in [
        vec!["fork", "--to", &fork],
        vec!["fork", "--to", &of_fork, "--sandbox", &fork],
    ] {
        let made = run(&[&arguments[..], &["--database", url]].concat()).await;
        assert!(made.status.success(), "{}", text(&made.stderr));
    }
    let client = live.connect("test").await.unwrap();
    let mut wanted = [fork.clone(), of_fork.clone()];
    wanted.sort();
    assert_eq!(sandboxes::all(&client).await.unwrap(), wanted);
    let delete = Submission::new(Intent::Delete(alice.clone()));
    happened(service.writer.submit(delete).await.unwrap());
    sandboxes::forget_everywhere(live, alice.account.0).await;
    for name in wanted {
        // As somebody sees it who goes past our tools.
        let told = told(&live.on_same_server(&name)).await;
        assert!(!told.contains("alice"), "{told}");
        sandbox::drop(live, &name, Path::new(NO_HOME)).await.unwrap();
    }
}

#[tokio::test]
async fn a_fork_that_is_interrupted_leaves_nothing_behind() {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    store(&client, Synthetic::new(Shape::everyday(45)).take(60_000))
        .await
        .unwrap();
    let name = fresh_name();
    let mut child = program(&["fork", "--to", &name, "--database", &own.url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let marked = "select exists (select from pg_database where datname = $1)";
    let exists = async || client.query_one(marked, &[&name]).await.unwrap().get::<_, bool>(0);
    let give_up = Instant::now() + Duration::from_secs(120);
    while !exists().await {
        assert!(
            Instant::now() < give_up && child.try_wait().unwrap().is_none(),
            "it never began"
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap())
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert!(!exists().await, "{}", text(&output.stderr));
}
