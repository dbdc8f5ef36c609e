//! Looking at the log: filters of `tail`, `show`, `story`, against plain ways to the same.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::program::{assert_refused, run, text};
use common::{OwnDatabase, stored};
use serde_json::Value;
use tenfold_core::event::{Event, Recorded};
use tenfold_core::facts::Facts;
use tenfold_core::ids::Position;
use tenfold_inspect::event_kinds::preconditions;
use tenfold_inspect::explain::explain;
use tenfold_inspect::preconditions::Found;
use tenfold_synthetic::{Shape, Synthetic, rehearse};

async fn tail(own: &OwnDatabase, filter: &[&str]) -> Vec<i64> {
    let printed = run(&[&["tail", "--json", "--database", &own.url], filter].concat()).await;
    assert!(printed.status.success(), "{}", text(&printed.stderr));
    let position = |line: &str| {
        serde_json::from_str::<Value>(line).unwrap()["position"]
            .as_i64()
            .unwrap()
    };
    text(&printed.stdout).lines().map(position).collect()
}

/// Where one of these words stands in an event, however it is written.
fn speaking_of(log: &[Recorded], ids: &BTreeSet<String>) -> Vec<i64> {
    let speaks = |recorded: &&Recorded| {
        let words = format!("{:?} {:?}", recorded.event, recorded.actor);
        ids.iter().any(|id| words.contains(id.as_str()))
    };
    log.iter().filter(speaks).map(|recorded| recorded.position.0).collect()
}

#[tokio::test]
async fn filters_let_through_what_speaks_of_somebody_and_nothing_else() {
    let log: Vec<Recorded> = Synthetic::new(Shape::dense(61)).take(1500).collect();
    let own = stored(&log).await;
    let (mut users, mut groups): (BTreeMap<String, BTreeSet<String>>, BTreeMap<String, String>) = Default::default();
    let mut instances = BTreeSet::new();
    for recorded in &log {
        match &recorded.event {
            Event::AccountRegistered { account, name } => {
                users.entry(name.clone()).or_default().insert(account.to_string());
            }
            Event::GroupCreated { group, name, .. } => drop(groups.insert(name.clone(), group.to_string())),
            Event::InstanceRequested { instance, .. } => drop(instances.insert(instance.to_string())),
            _ => {}
        }
    }
    for (name, ids) in users.iter().step_by(7) {
        let expected = speaking_of(&log, ids);
        assert_eq!(tail(&own, &["--user", name]).await, expected, "{name}");
        let acted = |recorded: &&Recorded| recorded.actor.is_some_and(|actor| ids.contains(&actor.to_string()));
        let acted: Vec<i64> = log.iter().filter(acted).map(|recorded| recorded.position.0).collect();
        assert_eq!(tail(&own, &["--actor", name]).await, acted, "{name}");
        let posts = |position: &i64| {
            let recorded = log.iter().find(|recorded| recorded.position.0 == *position).unwrap();
            recorded.event.kind() == "CommandRefused"
        };
        let refused: Vec<i64> = expected.into_iter().filter(posts).collect();
        assert_eq!(tail(&own, &["--user", name, "--refused"]).await, refused, "{name}");
    }
    for (name, id) in groups.iter().step_by(9) {
        let expected = speaking_of(&log, &BTreeSet::from([id.clone()]));
        assert_eq!(tail(&own, &["--group", name]).await, expected, "{name}");
    }
    for id in instances.iter().step_by(5) {
        let expected = speaking_of(&log, &BTreeSet::from([id.clone()]));
        assert_eq!(tail(&own, &["--instance", id]).await, expected, "{id}");
    }
    let of_kind = |kind: &str| {
        let of_kind = log.iter().filter(|recorded| recorded.event.kind() == kind);
        of_kind.map(|recorded| recorded.position.0).collect::<Vec<_>>()
    };
    assert_eq!(
        tail(&own, &["--type", "InviteAccepted"]).await,
        of_kind("InviteAccepted")
    );
    assert_eq!(tail(&own, &["--refused"]).await, of_kind("CommandRefused"));
    let stream = log[700].event.stream().id();
    let of_stream = log.iter().filter(|recorded| recorded.event.stream().id() == stream);
    let of_stream: Vec<i64> = of_stream.map(|recorded| recorded.position.0).collect();
    assert_eq!(tail(&own, &["--stream", &stream.to_string()]).await, of_stream);
}

#[tokio::test]
async fn a_time_stands_for_the_events_recorded_by_then() {
    let log: Vec<Recorded> = Synthetic::new(Shape::dense(62)).take(900).collect();
    let own = stored(&log).await;
    for (first, last) in [(0, 899), (100, 101), (450, 450), (3, 700)] {
        let moment = |index: usize| log[index].at.to_rfc3339();
        let found = tail(&own, &["--from", &moment(first), "--to", &moment(last)]).await;
        let expected: Vec<i64> = log[first..=last].iter().map(|recorded| recorded.position.0).collect();
        assert_eq!(found, expected, "{first}..={last}");
    }
    // Between two events it is the one before that counts, or the one behind.
    let between = (log[500].at + chrono::TimeDelta::milliseconds(1)).to_rfc3339();
    assert_eq!(tail(&own, &["--to", &between]).await.last(), Some(&log[500].position.0));
    assert_eq!(
        tail(&own, &["--from", &between]).await.first(),
        Some(&log[501].position.0)
    );
    assert_eq!(tail(&own, &["--from", "1999-01-01"]).await.len(), 900);
    let database = own.url.as_str();
    assert_refused(
        &["tail", "--to", "1999-01-01", "--database", database],
        "before the beginning",
    )
    .await;
    assert_refused(
        &["tail", "--from", "-1s", "--database", database],
        "nothing has been recorded",
    )
    .await;
    assert_refused(
        &["tail", "--from", "9", "--to", "4", "--database", database],
        "swap them",
    )
    .await;
    assert_refused(
        &[
            "bisect",
            "--holds",
            "online(a)",
            "--to",
            "99999999",
            "--database",
            database,
        ],
        "beyond the end",
    )
    .await;
    let empty = OwnDatabase::new().await;
    assert_refused(&["tail", "--to", "-1h", "--database", &empty.url], "is empty").await;
}

#[tokio::test]
async fn causes_and_effects_are_two_sides_of_one_thing() {
    let log: Vec<Recorded> = Synthetic::new(Shape::dense(63)).take(400).collect();
    let own = stored(&log).await;
    let client = own.database.connect("test").await.unwrap();
    let mut facts = Facts::default();
    let folder = tempfile::tempdir().unwrap();
    let mut effects: BTreeMap<Position, Vec<Position>> = BTreeMap::new();
    for recorded in &log {
        for precondition in preconditions(&facts, &recorded.event) {
            if let Found::Since(cause) = precondition.found {
                let caused = effects.entry(cause).or_default();
                if caused.last() != Some(&recorded.position) {
                    caused.push(recorded.position);
                }
            }
        }
        facts
            .apply(recorded.position, recorded.version, &recorded.event)
            .unwrap();
    }
    for recorded in log.iter().step_by(3) {
        let explained = explain(&client, folder.path(), recorded.position).await.unwrap();
        assert!(explained.preconditions.iter().all(|one| one.held), "{explained:?}");
        let caused: Vec<Position> = explained.caused.iter().map(|told| told.position).collect();
        let expected = effects.remove(&recorded.position).unwrap_or_default();
        assert_eq!(explained.caused_more, expected.len() > caused.len(), "{explained:?}");
        assert_eq!(caused, expected[..caused.len()], "{}", explained.sentence);
        let mates = log
            .iter()
            .filter(|other| other.command == recorded.command && other.id != recorded.id);
        assert_eq!(explained.same_command.len(), mates.count());
    }
}

const SCRIPT: &str = "day 2026-11-24\n09:00 register alice\n09:01 login alice\n09:02 register bob\n09:03 login bob\n\
                      09:04 invite alice bob\n09:05 accept-invite bob alice\n09:06 send alice bob hi\n09:07 delete alice\n\
                      09:08 register alice\n09:09 login alice\n09:10 send bob alice where are you?\n\
                      09:11 create-group alice bob";

#[tokio::test]
async fn a_name_that_belonged_to_two_accounts_is_told_to_have_done_so() {
    let own = stored(&rehearse(SCRIPT).unwrap()).await;
    let printed = run(&["tail", "--user", "alice", "--database", &own.url]).await;
    let said = text(&printed.stderr);
    assert!(
        said.contains("alice has been the name of 2 accounts") && said.lines().count() == 1,
        "{said}"
    );
    let story = run(&["story", "alice", "--database", &own.url]).await;
    let story = text(&story.stdout);
    for part in [
        "deleted at",
        "and lives",
        "accepted the invite of alice(",
        "alice tried send",
        "2026-11-24 09:07:00 UTC",
    ] {
        let expected = part != "alice tried send";
        assert_eq!(story.contains(part), expected, "{part}: {story}");
    }
    assert!(
        story.contains("bob tried send and was told: alice is not your friend"),
        "{story}"
    );
    let database = own.url.as_str();
    assert_refused(&["story", "bob", "--database", database], "user:bob or group:bob").await;
    assert_refused(&["story", "nobody", "--database", database], "called nobody").await;
    let group = run(&["story", "group:bob", "--database", database]).await;
    assert!(
        text(&group.stdout).contains("alice made the group bob"),
        "{}",
        text(&group.stdout)
    );
}

#[tokio::test]
async fn mistakes_in_looking_are_one_sentence_each() {
    let own = stored(&rehearse(SCRIPT).unwrap()).await;
    let database = own.url.as_str();
    for (arguments, part) in [
        (&["tail", "--user", "nobody"][..], "ever been called nobody"),
        (&["tail", "--group", "nothing"], "no group called nothing"),
        (&["tail", "--user", "alcie"], "did you mean alice?"),
        (&["tail", "--group", "bobb"], "did you mean bob?"),
        (&["story", "Alice"], "did you mean alice?"),
        (&["state", "--user", "bbo"], "did you mean bob?"),
        (&["tail", "--instance", "0000"], "begins or ends"),
        (&["tail", "--type", "Levitated"], "Levitated"),
        (&["tail", "--stream", "x"], "--stream"),
        (&["tail", "--follow", "--to", "5"], "--to"),
        (&["show"], "<P>"),
        (&["show", "0"], "no event at position 0"),
        (&["show", "99999"], "beyond the end"),
        (&["bisect"], "--holds"),
        (&["bisect", "--holds", "friends(alice bob)"], "column 15"),
        (
            &["bisect", "--holds", "online(alice)", "--breaks", "invariant"],
            "cannot be used with",
        ),
    ] {
        assert_refused(&[arguments, &["--database", database]].concat(), part).await;
    }
    let never = run(&["bisect", "--holds", "online(alicia)", "--database", database]).await;
    assert_eq!(never.status.code(), Some(1));
    assert!(
        text(&never.stdout).contains("Nobody was called alicia"),
        "{}",
        text(&never.stdout)
    );
    let client = own.database.connect("test").await.unwrap();
    client
        .batch_execute("update event set kind = 'Levitated' where position = 6")
        .await
        .unwrap();
    for arguments in [
        &["show", "9"][..],
        &["show", "6"],
        &["bisect", "--breaks", "invariant"],
        &["fork"],
    ] {
        let looked = run(&[arguments, &["--database", database]].concat()).await;
        let said = text(&looked.stdout) + &text(&looked.stderr);
        // 1 where nothing that was looked for is found.
        assert!(matches!(looked.status.code(), Some(0 | 1)), "{arguments:?}: {said}");
        assert!(
            said.contains("(damaged)") && said.contains("Levitated"),
            "{arguments:?}: {said}"
        );
    }
}
