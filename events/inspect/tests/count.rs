//! `count`: against counting by hand.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use std::collections::BTreeMap;

use common::program::{assert_refused, run, text};
use common::{OwnDatabase, stored};
use serde_json::Value;
use tenfold_core::event::{Event, Recorded};
use tenfold_synthetic::{Shape, Synthetic};

/// By key and interval.
type Counts = BTreeMap<(String, i64), i64>;

fn by_hand<'a>(
    log: impl IntoIterator<Item = &'a Recorded>,
    every: i64,
    key: impl Fn(&Recorded) -> Option<String>,
) -> Counts {
    let mut counts = Counts::new();
    for recorded in log {
        if let Some(key) = key(recorded) {
            *counts
                .entry((key, recorded.at.timestamp().div_euclid(every)))
                .or_default() += 1;
        }
    }
    counts
}

async fn counted(own: &OwnDatabase, field: &str, options: &[&str]) -> Counts {
    let printed = run(&[&["count", "--json", "--top", "9999", "--database", &own.url], options].concat()).await;
    assert!(printed.status.success(), "{}", text(&printed.stderr));
    let mut counts = Counts::new();
    for line in text(&printed.stdout).lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let (every, mut total) = (line["every"].as_i64().unwrap(), 0);
        for interval in line["intervals"].as_array().unwrap() {
            let at: chrono::DateTime<chrono::Utc> = interval["at"].as_str().unwrap().parse().unwrap();
            let events = interval["events"].as_i64().unwrap();
            let key = line[field].as_str().unwrap_or("nobody").to_owned();
            counts.insert((key, at.timestamp() / every), events);
            total += events;
        }
        assert_eq!(line["events"], total);
    }
    counts
}

#[tokio::test]
async fn events_are_counted_by_what_they_are_and_when() {
    let log: Vec<Recorded> = Synthetic::new(Shape::dense(81)).take(3000).collect();
    let own = stored(&log).await;
    let kind = |recorded: &Recorded| Some(recorded.event.kind().to_owned());
    let actor = |recorded: &Recorded| Some(recorded.actor.map_or("nobody".into(), |actor| actor.to_string()));
    let code = |recorded: &Recorded| match &recorded.event {
        Event::CommandRefused { code, .. } => Some(format!("{code:?}")),
        _ => None,
    };
    for (every, seconds) in [("1s", 1), ("10m", 600), ("1day", 86_400)] {
        let options = ["--every", every];
        assert_eq!(counted(&own, "kind", &options).await, by_hand(&log, seconds, kind));
    }
    assert_eq!(
        counted(&own, "actor", &["--by", "actor", "--every", "1h"]).await,
        by_hand(&log, 3600, actor)
    );
    let codes = by_hand(&log, 60, code);
    assert!(codes.len() > 3);
    assert_eq!(counted(&own, "code", &["--by", "code", "--every", "1m"]).await, codes);
    let (from, to) = (log[500].position, log[900].position);
    let options = ["--from", &from.to_string(), "--to", &to.to_string(), "--every", "1h"];
    assert_eq!(
        counted(&own, "kind", &options).await,
        by_hand(&log[500..=900], 3600, kind)
    );
    let words = |recorded: &&Recorded| recorded.event.kind() == "Posted";
    let options = ["--type", "Posted", "--every", "1h"];
    assert_eq!(
        counted(&own, "kind", &options).await,
        by_hand(log.iter().filter(words), 3600, kind)
    );
    let somebody = log.iter().rfind(|recorded| recorded.actor.is_some()).unwrap().actor;
    let id = somebody.unwrap().to_string();
    let did = |recorded: &&Recorded| recorded.actor == somebody;
    let options = ["--actor", id.as_str(), "--every", "1h"];
    assert_eq!(
        counted(&own, "kind", &options).await,
        by_hand(log.iter().filter(did), 3600, kind)
    );
    let about = |recorded: &&Recorded| format!("{:?} {:?}", recorded.event, recorded.actor).contains(&id);
    let options = ["--user", id.as_str(), "--every", "1h"];
    assert_eq!(
        counted(&own, "kind", &options).await,
        by_hand(log.iter().filter(about), 3600, kind)
    );
}

#[tokio::test]
async fn people_see_bars_names_and_what_is_left_out() {
    let log: Vec<Recorded> = Synthetic::new(Shape::dense(82)).take(2000).collect();
    let own = stored(&log).await;
    let show = async |options: &[&str]| {
        let printed = run(&[&["count", "--database", &own.url], options].concat()).await;
        assert!(printed.status.success(), "{}", text(&printed.stderr));
        text(&printed.stdout)
    };
    let all = show(&["--every", "1m", "--top", "2"]).await;
    let lines: Vec<&str> = all.lines().collect();
    assert!(
        lines[0].contains(" UTC to ") && lines[0].contains("intervals of 1m"),
        "{all}"
    );
    assert!(lines[2].contains('█') && lines[2].contains('│'), "{all}");
    assert_eq!(lines.len(), 5, "{all}");
    assert!(lines[4].contains("more; --top N"), "{all}");
    let totals = show(&[]).await;
    assert!(!totals.contains('│') && totals.lines().nth(1).is_some(), "{totals}");
    let people = show(&["--by", "actor"]).await;
    assert!(people.contains("person-") && people.contains("(fleet)"), "{people}");
    let nothing = run(&["count", "--type", "InstanceLost", "--to", "1", "--database", &own.url]).await;
    let said = text(&nothing.stderr);
    assert!(nothing.status.success() && nothing.stdout.is_empty(), "{said}");
    assert!(
        said.contains("no event matches between position 1 and position 1"),
        "{said}"
    );
    let url = own.url.as_str();
    for (options, part) in [
        (&["--every", "0s"][..], "whole number of seconds"),
        (&["--every", "500ms"], "whole number of seconds"),
        (&["--every", "soon"], "1m"),
        (&["--every", "99999999years"], "--every"),
        (&["--by", "mood"], "mood"),
        (&["--user", "nobody"], "nobody"),
    ] {
        assert_refused(&[&["count", "--database", url], options].concat(), part).await;
    }
}
