//! `state --at`, its parts, and `diff`, as people run them: on a short log, which is folded, and on a long one, which is
//! looked up.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use std::path::Path;
use std::process::{Command, Output};

use common::OwnDatabase;
use serde_json::Value;
use tenfold_core::event::{Event, Recorded};
use tenfold_replay::rebuild::{Progress, rebuild};
use tenfold_replay::state;
use tenfold_synthetic::{Shape, Synthetic, store};

async fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenfold-events"));
    command.args(arguments).env("TZ", "WALL-1");
    for variable in ["TENFOLD_DATABASE", "DATABASE_URL", "TENFOLD_HOME"] {
        command.env_remove(variable);
    }
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

async fn with_log(shape: Shape, events: usize) -> (OwnDatabase, Vec<Recorded>) {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    let log: Vec<Recorded> = Synthetic::new(shape).take(events).collect();
    store(&client, log.iter().cloned()).await.unwrap();
    (own, log)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn printed(own: &OwnDatabase, home: &Path, arguments: &[&str]) -> String {
    let place = ["--database", &own.url, "--home", home.to_str().unwrap()];
    let output = run(&[arguments, &place].concat()).await;
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

async fn json(own: &OwnDatabase, home: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&printed(own, home, &[arguments, &["--json"]].concat()).await).unwrap()
}

/// One sentence, nothing on standard output, status 2, and no file made.
async fn assert_refused(own: &OwnDatabase, arguments: &[&str], part: &str) {
    let home = tempfile::tempdir().unwrap();
    let place = ["--database", &own.url, "--home", home.path().to_str().unwrap()];
    let output = run(&[arguments, &place].concat()).await;
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert_eq!(text(&output.stdout), "", "{arguments:?}");
    assert_eq!(said.lines().count(), 1, "{arguments:?}: {said}");
    assert!(said.contains(part), "{arguments:?}: {said}");
    assert_eq!(
        std::fs::read_dir(home.path()).unwrap().count(),
        0,
        "{arguments:?} left something"
    );
}

#[tokio::test]
async fn a_place_that_is_none_is_told_in_one_sentence_and_nothing_is_changed() {
    let (own, log) = with_log(Shape::dense(9), 60).await;
    let beyond = (log.last().unwrap().position.0 + 2).to_string();
    assert_refused(
        &own,
        &["state", "--at", "2001-01-01T00:00:00Z"],
        "before the beginning of the log",
    )
    .await;
    assert_refused(&own, &["state", "--at", "2999-01-01"], "has not come yet").await;
    assert_refused(&own, &["state", "--at", "soon"], "a time is written").await;
    assert_refused(&own, &["state", "--at", &beyond], "beyond the end").await;
    assert_refused(&own, &["diff", "1", &beyond], "beyond the end").await;
    assert_refused(&own, &["diff", "-20y", "1"], "before the beginning").await;
    assert_refused(&own, &["diff", "1"], "<Q>").await;
    assert_refused(
        &own,
        &["state", "--user", "zoe\u{1b}", "--at", "40"],
        "nobody is called zoe\\u{1b} at position",
    )
    .await;
    assert_refused(&own, &["state", "--user", "zoe"], "nobody is called zoe").await;
    assert_refused(&own, &["state", "--group", "zoe"], "no group called zoe").await;
    assert_refused(&own, &["state", "--instance", "0000zoe"], "0000zoe").await;
    assert_refused(&own, &["state", "--user", "a", "--group", "b"], "cannot be used with").await;
    assert_refused(&own, &["travel"], "terminal").await;
    let empty = OwnDatabase::new().await;
    assert_refused(&empty, &["state", "--at", "-1h"], "the log is empty").await;
}

#[tokio::test]
async fn a_time_is_all_that_was_recorded_before_the_first_later_event() {
    let (own, log) = with_log(Shape::dense(3), 100).await;
    let client = own.database.connect("test").await.unwrap();
    // Two appends under way together: the earlier position has the later time.
    let swap = "update event set recorded_at = $2 where position = $1";
    client.execute(swap, &[&log[50].position.0, &log[51].at]).await.unwrap();
    client.execute(swap, &[&log[51].position.0, &log[50].at]).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let at = async |time: &str| json(&own, home.path(), &["state", "--at", time]).await["position"].clone();
    let rfc3339 = |recorded: &Recorded| recorded.at.to_rfc3339();
    assert_eq!(at(&rfc3339(&log[20])).await, log[20].position.0);
    assert_eq!(
        at(&rfc3339(&log[50])).await,
        log[49].position.0,
        "nothing in it was recorded later"
    );
    assert_eq!(at(&rfc3339(&log[51])).await, log[51].position.0);
    assert_eq!(at("-1s").await, log[99].position.0, "the log ended long ago");
    // The clock on the wall is an hour ahead of UTC.
    let local = log[20].at.with_timezone(&chrono::FixedOffset::east_opt(3600).unwrap());
    let local = local.format("%Y-%m-%d %H:%M:%S%.3f").to_string();
    assert_eq!(at(&local).await, log[20].position.0);
}

/// Users and a server by themselves are what the whole says of them.
async fn assert_parts_agree(own: &OwnDatabase, home: &Path, at: &str, whole: &Value) {
    let mut seen = 0;
    for user in whole["accounts"].as_array().unwrap().iter().take(8) {
        let name = user.as_str().unwrap();
        let part = json(own, home, &["state", "--at", at, "--user", name]).await;
        assert_eq!((&part["user"], &part["position"]), (user, &whole["position"]));
        let friends = whole["friends"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|pair| pair.as_array().unwrap().contains(user));
        assert_eq!(part["friends"].as_array().unwrap().len(), friends.count());
        let posts = |author: &Value| {
            whole["posts"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|post| post["author"] == *author)
                .count()
        };
        assert_eq!(part["posts"].as_array().unwrap().len(), posts(user));
        let receives: usize = part["friends"].as_array().unwrap().iter().map(posts).sum();
        assert_eq!(part["receives"].as_array().unwrap().len(), receives);
        seen += receives;
        let session = whole["sessions"]
            .as_array()
            .unwrap()
            .iter()
            .find(|session| session["user"] == *user);
        assert_eq!(
            session.map(|session| &session["instance"]),
            Some(&part["instance"]).filter(|_| session.is_some())
        );
        let by_id = json(
            own,
            home,
            &["state", "--at", at, "--user", part["id"].as_str().unwrap()],
        )
        .await;
        assert_eq!(by_id, part);
    }
    assert!(seen > 0, "some post is seen by a friend");
    let instance = whole["instances"]
        .as_array()
        .unwrap()
        .iter()
        .find(|instance| instance["users"] != 0)
        .unwrap();
    let part = json(
        own,
        home,
        &["state", "--at", at, "--instance", instance["id"].as_str().unwrap()],
    )
    .await;
    assert_eq!(
        part["users"].as_array().unwrap().len() as u64,
        instance["users"].as_u64().unwrap()
    );
    assert_eq!(part["state"], instance["state"]);
}

#[tokio::test]
async fn parts_of_a_short_log_agree_with_the_whole_and_leave_no_files() {
    let (own, log) = with_log(Shape::dense(7), 1500).await;
    let home = tempfile::tempdir().unwrap();
    let client = own.database.connect("test").await.unwrap();
    rebuild(&own.database, &Progress::default()).await.unwrap();
    let at = log[1200].position.to_string();
    let whole = json(&own, home.path(), &["state", "--at", &at]).await;
    assert_eq!(
        whole,
        serde_json::to_value(state::at(&client, log[1200].position).await.unwrap()).unwrap()
    );
    assert_parts_agree(&own, home.path(), &at, &whole).await;
    let now = json(&own, home.path(), &["state"]).await;
    let user = now["accounts"][0].as_str().unwrap();
    let part = json(&own, home.path(), &["state", "--user", user]).await;
    let end = now["position"].to_string();
    assert_eq!(
        part,
        json(&own, home.path(), &["state", "--user", user, "--at", &end]).await
    );
    let group = now["groups"][0]["name"].as_str().unwrap();
    let part = json(&own, home.path(), &["state", "--group", group]).await;
    assert_eq!(
        part["members"].as_array().unwrap().len(),
        now["groups"][0]["members"].as_array().unwrap().len()
    );
    let created = log
        .iter()
        .find(|recorded| matches!(&recorded.event, Event::GroupCreated { name, .. } if name == group))
        .unwrap();
    let before = (created.position.0 - 1).to_string();
    assert_refused(&own, &["state", "--group", group, "--at", &before], "yet at position").await;
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_diff_is_what_lies_between_and_backwards_its_opposite() {
    let (own, log) = with_log(Shape::dense(5), 1000).await;
    let home = tempfile::tempdir().unwrap();
    let (from, to) = (log[100].position.to_string(), log[900].position.to_string());
    let there = json(&own, home.path(), &["diff", &from, &to]).await;
    let back = json(&own, home.path(), &["diff", &to, &from]).await;
    for list in [
        "accounts",
        "friends",
        "invites",
        "posts",
        "groups",
        "sessions",
        "instances",
    ] {
        assert_eq!(there[list]["appeared"], back[list]["gone"], "{list}");
        let swapped = back[list]["changed"].as_array().unwrap().iter();
        let swapped: Vec<Value> = swapped
            .map(|change| serde_json::json!({"before": change["after"], "after": change["before"]}))
            .collect();
        assert_eq!(there[list]["changed"], Value::Array(swapped), "{list}");
    }
    assert!(
        there["accounts"]["appeared"]
            .as_array()
            .is_some_and(|names| !names.is_empty())
    );
    let told = printed(&own, home.path(), &["diff", &from, &to]).await;
    assert!(
        told.starts_with(&format!("From position {from} to {to}\n\nAccounts\n")),
        "{told}"
    );
    let same = printed(&own, home.path(), &["diff", &from, &from]).await;
    assert!(same.ends_with("Nothing differs.\n"), "{same}");
}

#[tokio::test]
async fn a_long_log_is_looked_up_and_tells_the_same_also_after_its_index_was_damaged() {
    let (own, log) = with_log(Shape::everyday(2), 56_000).await;
    let home = tempfile::tempdir().unwrap();
    let client = own.database.connect("test").await.unwrap();
    rebuild(&own.database, &Progress::default()).await.unwrap();
    let wanted = log[54_321].position;
    let at = wanted.to_string();
    let folded = serde_json::to_value(state::at(&client, wanted).await.unwrap()).unwrap();
    let whole = json(&own, home.path(), &["state", "--at", &at]).await;
    assert!(whole == folded, "the state at {at} is not the fold's");
    let indexes: Vec<_> = std::fs::read_dir(home.path().join("history")).unwrap().collect();
    assert_eq!(indexes.len(), 1, "it was looked up");
    assert_parts_agree(&own, home.path(), &at, &whole).await;
    let later = (wanted.0 + 1500).to_string();
    let diff = json(&own, home.path(), &["diff", &at, &later]).await;
    let posts = log[54_322..=55_821]
        .iter()
        .filter(|recorded| matches!(recorded.event, Event::Posted { .. }));
    let (appeared, posts) = (diff["posts"]["appeared"].as_array().unwrap().len(), posts.count());
    assert!(appeared > 0 && appeared <= posts, "{appeared} of {posts}");

    let folder = indexes[0].as_ref().unwrap().path();
    for file in ["places", "rows", "posts", "head"] {
        let path = folder.join(file);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.iter_mut().step_by(5000).for_each(|byte| *byte ^= 0x55);
        std::fs::write(&path, bytes).unwrap();
        let again = json(&own, home.path(), &["state", "--at", &at]).await;
        assert!(
            again == folded,
            "the state at {at} after damage in {file} is not the fold's"
        );
    }
}

/// The folders of history indexes under `home`.
fn indexes(home: &Path) -> usize {
    std::fs::read_dir(home.join("history")).map_or(0, |folders| folders.count())
}

#[tokio::test]
async fn a_log_that_was_changed_under_its_index_is_told_and_a_dropped_sandbox_leaves_no_index() {
    let home = tempfile::tempdir().unwrap();
    let (own, log) = with_log(Shape::dense(23), 52_000).await;
    let client = own.database.connect("test").await.unwrap();
    let end = log.last().unwrap().position.to_string();
    let summary = ["state", "--summary", "--at", &end];
    let before = printed(&own, home.path(), &summary).await;
    let delete = "delete from event where position = (select max(position) from event where kind = 'GroupCreated')";
    client.batch_execute(delete).await.unwrap();
    let place = ["--database", &own.url, "--home", home.path().to_str().unwrap()];
    let output = run(&[&summary[..], &place].concat()).await;
    assert_ne!(text(&output.stdout), before, "a group is missing");
    let said = text(&output.stderr);
    assert!(
        said.contains("changed or deleted by hand") && said.contains("verify"),
        "{said}"
    );
    let again = run(&[&summary[..], &place].concat()).await;
    assert_eq!(text(&again.stderr), "", "once");

    let name = format!("indexed_{}", uuid::Uuid::new_v4().simple());
    let skipped = log.last().unwrap().position.to_string();
    printed(&own, home.path(), &["fork", "--skip", &skipped, "--to", &name]).await;
    let of_sandbox = log[log.len() - 2].position.to_string();
    printed(
        &own,
        home.path(),
        &["state", "--summary", "--at", &of_sandbox, "--sandbox", &name],
    )
    .await;
    assert_eq!(indexes(home.path()), 2, "that of the log and that of the sandbox");
    printed(&own, home.path(), &["fork", "drop", &name]).await;
    assert_eq!(indexes(home.path()), 1);
}
