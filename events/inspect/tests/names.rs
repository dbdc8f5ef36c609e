//! Names: of people, which may look alike, and of what stands in JSON, where one thing has one name that is documented.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use common::program::{run, text};
use common::{OwnDatabase, stored};
use serde_json::Value;
use tenfold_core::event::Event;

const SCRIPT: &str = "day 2026-11-24\n09:00 register alice\n09:01 login alice\n09:02 register other\n09:03 login other\n\
                      09:04 invite other alice\n09:05 accept-invite alice other\n09:06 post other hello\n\
                      09:07 invite alice alice";

/// From the time when names could be alike: the other is an alice, too, who begins with a Cyrillic letter.
async fn with_log() -> OwnDatabase {
    let mut log = tenfold_synthetic::rehearse(SCRIPT).unwrap();
    for recorded in &mut log {
        if let Event::AccountRegistered { name, .. } = &mut recorded.event
            && name == "other"
        {
            *name = "\u{430}lice".to_owned();
        }
    }
    stored(&log).await
}

async fn printed(own: &OwnDatabase, arguments: &[&str]) -> (String, String) {
    let output = run(&[arguments, &["--database", &own.url]].concat()).await;
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
async fn a_name_that_looks_like_another_is_marked() {
    let own = with_log().await;
    let mark = r"(\u{430}lice: looks like alice)";
    let (post, _) = printed(&own, &["tail", "--type", "Posted"]).await;
    let position = post.split_whitespace().next().unwrap().to_owned();
    for arguments in [&["tail"][..], &["story", "alice"], &["why", "alice", &position]] {
        let (told, _) = printed(&own, arguments).await;
        assert!(told.contains(mark), "{arguments:?}: {told}");
        assert!(
            !told.contains("alice: looks like \\u"),
            "only the one in other letters: {told}"
        );
    }
    let (told, said) = printed(&own, &["state"]).await;
    assert!(
        said.contains(r"these names look alike: alice and \u{430}lice"),
        "{said}"
    );
    assert!(told.contains("  alice\n"), "{told}");
}

/// The row of the table in the document that is about this tool.
fn documented(tool: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/debugging.md");
    let document = std::fs::read_to_string(path).unwrap();
    let json = document
        .split("\n## ")
        .find(|section| section.starts_with("JSON\n"))
        .unwrap();
    let row = json.lines().find(|line| line.starts_with(&format!("| `{tool}` |")));
    row.unwrap_or_else(|| panic!("{tool} is not in the table")).to_owned()
}

/// Every time in it, wherever it stands.
fn times<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| match name.as_str() {
            "at" => found.push(value),
            _ => times(value, found),
        }),
        Value::Array(items) => items.iter().for_each(|item| times(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_field_of_json_is_documented_and_every_time_is_utc_to_the_microsecond() {
    let own = with_log().await;
    let sandbox = format!("names_{}", uuid::Uuid::new_v4().simple());
    let (post, _) = printed(&own, &["tail", "--type", "Posted"]).await;
    let post = post.split_whitespace().next().unwrap().to_owned();
    for (tool, arguments) in [
        ("tail", &["tail"][..]),
        ("count", &["count"]),
        ("count", &["count", "--by", "actor"]),
        ("count", &["count", "--by", "code"]),
        ("show", &["show", &post]),
        ("story", &["story", "alice"]),
        ("why", &["why", "alice", &post]),
        ("bisect", &["bisect", "--holds", "exists(alice)"]),
        ("fork", &["fork", "--skip", &post, "--to", &sandbox]),
        ("fork list", &["fork", "list"]),
        ("state", &["state"]),
    ] {
        let row = documented(tool);
        let (told, _) = printed(&own, &[arguments, &["--json"]].concat()).await;
        assert!(!told.is_empty(), "{arguments:?}");
        for line in told.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            for field in line.as_object().unwrap().keys() {
                assert!(row.contains(&format!("`{field}`")), "{tool}: {field} is not in {row}");
            }
            let mut found = Vec::new();
            times(&line, &mut found);
            for at in found.into_iter().filter_map(Value::as_str) {
                assert_eq!((at.len(), at.ends_with('Z')), (27, true), "{tool}: {at}");
            }
        }
    }
    printed(&own, &["fork", "drop", &sandbox]).await;
}
