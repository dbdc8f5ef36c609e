//! Edits of a fork that change nothing, or would not be what was typed, are told.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use common::program::{assert_refused, run, text};
use common::{OwnDatabase, stored};
use serde_json::Value;
use tenfold_core::event::Recorded;

const SCRIPT: &str =
    "day 2026-11-24\n09:00 register ann\n09:01 login ann\n09:02 register bob\n09:03 login bob\n09:04 post ann hello";

async fn with_log() -> (OwnDatabase, Vec<Recorded>) {
    let log = tenfold_synthetic::rehearse(SCRIPT).unwrap();
    (stored(&log).await, log)
}

#[tokio::test]
async fn a_command_that_is_refused_in_the_fork_is_told_with_its_reason() {
    let (own, log) = with_log().await;
    let at = log.last().unwrap().position;
    let typed = format!("{at}=accept-invite bob ann");
    let fork = ["fork", "--insert-after", &typed, "--database", &own.url];
    let output = run(&fork).await;
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}");
    let wanted = format!(
        "The edit at position {at} changes nothing: `accept-invite bob ann` is refused: bob tried accept-invite"
    );
    assert!(told.contains(&wanted), "{told}");
    let output = run(&[&fork[..], &["--json"]].concat()).await;
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["without_effect"][0]["position"], at.0, "{told}");
    let typed = format!("{at}=invite bob ann");
    let output = run(&["fork", "--insert-after", &typed, "--json", "--database", &own.url]).await;
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), &told["without_effect"]),
        (Some(0), &Value::Array(Vec::new()))
    );
}

#[tokio::test]
async fn an_event_replaced_by_the_same_and_a_fork_without_edits_are_told() {
    let (own, log) = with_log().await;
    let at = log.last().unwrap().position;
    let printed = run(&["tail", "--from", &at.to_string(), "--json", "--database", &own.url]).await;
    let same = format!("{at}={}", text(&printed.stdout).trim());
    let output = run(&["fork", "--replace", &same, "--database", &own.url]).await;
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}{}", text(&output.stderr));
    assert!(told.contains("replaced by one that is the same"), "{told}");
    let output = run(&["fork", "--database", &own.url]).await;
    let told = text(&output.stdout);
    assert!(output.status.success() && told.contains("No edit was given"), "{told}");
}

#[tokio::test]
async fn fields_that_an_event_has_not_are_refused_and_a_time_is_taken() {
    let (own, log) = with_log().await;
    let at = log.last().unwrap().position;
    for (option, json, part) in [
        ("--replace", r#"{"text":"other"}"#, "it has the field text"),
        ("--replace", r#"{"personal":{"texd":"other"}}"#, "has the field texd"),
        ("--replace", r#"{"position":3}"#, "position cannot be another"),
        ("--insert-after", r#"{"kind":"Posted","txt":1}"#, "it has the field txt"),
    ] {
        let edit = format!("{at}={json}");
        assert_refused(&["fork", option, &edit, "--database", &own.url], part).await;
    }
    let skip = [
        "fork",
        "--until",
        "3",
        "--skip",
        &at.to_string(),
        "--database",
        &own.url,
    ];
    assert_refused(&skip, "behind the end of the fork, which is position 3").await;
    let once = format!("{at}={{\"personal\":{{\"text\":\"a\"}}}}");
    assert_refused(
        &["fork", "--replace", &once, "--replace", &once, "--database", &own.url],
        "replaced twice",
    )
    .await;
    let name = format!("edits_{}", uuid::Uuid::new_v4().simple());
    let edit = format!("{at}={{\"at\":\"2026-11-25T00:00:00Z\",\"personal\":{{\"text\":\"later\"}}}}");
    let made = run(&["fork", "--replace", &edit, "--to", &name, "--database", &own.url]).await;
    assert!(made.status.success(), "{}", text(&made.stderr));
    let tail = run(&[
        "tail",
        "--from",
        &at.to_string(),
        "--sandbox",
        &name,
        "--database",
        &own.url,
    ])
    .await;
    let told = text(&tail.stdout);
    assert!(
        told.contains("2026-11-25 00:00:00.000 UTC") && told.contains("\"later\""),
        "{told}"
    );
    run(&["fork", "drop", &name, "--database", &own.url]).await;
}

#[tokio::test]
async fn an_event_that_is_put_in_and_impossible_leaves_the_event_before_it_in_the_fork() {
    let (own, log) = with_log().await;
    let posted = log.last().unwrap();
    let name = format!("edits_{}", uuid::Uuid::new_v4().simple());
    let strange = uuid::Uuid::new_v4();
    let edit = format!(
        "{}={{\"kind\":\"InstanceReady\",\"data\":{{\"instance\":\"{strange}\",\"host\":\"h\",\"port\":1}}}}",
        posted.position
    );
    let made = run(&[
        "fork",
        "--insert-after",
        &edit,
        "--skip-impossible",
        "--to",
        &name,
        "--database",
        &own.url,
    ])
    .await;
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(text(&made.stdout).contains("impossible"), "{}", text(&made.stdout));
    let tail = run(&["tail", "--json", "--sandbox", &name, "--database", &own.url]).await;
    assert_eq!(text(&tail.stdout).lines().count(), log.len(), "{}", text(&tail.stdout));
    run(&["fork", "drop", &name, "--database", &own.url]).await;
}
