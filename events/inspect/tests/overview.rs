//! `state --summary` and `fork list`: how much there is, and which sandboxes.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use common::program::{assert_refused, run, text};
use common::{OwnDatabase, stored};
use serde_json::Value;
use tenfold_core::event::Recorded;
use tenfold_synthetic::{Shape, Synthetic};

async fn with_log(events: usize) -> (OwnDatabase, Vec<Recorded>) {
    let log: Vec<Recorded> = Synthetic::new(Shape::dense(95)).take(events).collect();
    (stored(&log).await, log)
}

async fn printed(arguments: &[&str]) -> String {
    let printed = run(arguments).await;
    assert!(printed.status.success(), "{}", text(&printed.stderr));
    text(&printed.stdout)
}

#[tokio::test]
async fn a_summary_counts_what_the_state_lists() {
    let (own, log) = with_log(1500).await;
    let at = log[900].position.to_string();
    for moment in [&[][..], &["--at", at.as_str()]] {
        let options = [&["state", "--json", "--database", own.url.as_str()], moment].concat();
        let state: Value = serde_json::from_str(&printed(&options).await).unwrap();
        let summary = printed(&[&options[..], &["--summary"]].concat()).await;
        let summary: Value = serde_json::from_str(&summary).unwrap();
        assert_eq!(summary["position"], state["position"]);
        for list in ["accounts", "sessions", "friends", "invites", "groups", "posts"] {
            assert_eq!(summary[list], state[list].as_array().unwrap().len(), "{list}");
        }
        let servers = summary["instances"].as_object().unwrap().values();
        let servers: u64 = servers.map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(servers, state["instances"].as_array().unwrap().len() as u64);
        let seated = state["sessions"].as_array().unwrap().iter();
        let seated = seated.filter(|session| !session["instance"].is_null()).count();
        assert_eq!(summary["seats_taken"], seated);
    }
    let for_people = printed(&["state", "--summary", "--database", &own.url]).await;
    assert!(
        for_people.contains(" accounts ") && for_people.contains(" taken"),
        "{for_people}"
    );
    assert_refused(
        &["state", "--summary", "--user", "person-1", "--database", &own.url],
        "cannot be used with",
    )
    .await;
}

#[tokio::test]
async fn sandboxes_are_listed_from_their_making_to_their_end_and_nothing_else_is() {
    let (own, log) = with_log(60).await;
    let name = format!("listed_{}", uuid::Uuid::new_v4().simple());
    let url = own.url.as_str();
    let of_ours = async || {
        let lines = printed(&["fork", "list", "--json", "--database", url]).await;
        let all = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let all: Vec<Value> = all.collect();
        assert!(
            all.iter()
                .all(|one| !one["sandbox"].as_str().unwrap().starts_with("events_")),
            "a live database is none"
        );
        all.into_iter().find(|one| one["sandbox"] == name.as_str())
    };
    assert_eq!(of_ours().await, None);
    printed(&["fork", "--to", &name, "--database", url]).await;
    let listed = of_ours().await.unwrap();
    assert_eq!(listed["position"], log[59].position.0);
    assert!(
        listed["made_of"].as_str().unwrap().starts_with("a fork of "),
        "{listed}"
    );
    let for_people = printed(&["fork", "list", "--database", url]).await;
    let line = for_people.lines().find(|line| line.starts_with(&name)).unwrap();
    assert!(line.contains(" MB ") && line.contains(" UTC)"), "{line}");
    printed(&["fork", "drop", &name, "--database", url]).await;
    assert_eq!(of_ours().await, None);
}
