//! Times are read and printed by one clock, whose zone is always named, wherever the machine stands.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use common::program::{program, text};
use common::{OwnDatabase, stored};

const ZONES: [(&str, &str); 3] = [
    ("UTC", "UTC"),
    ("America/New_York", "-05:00"),
    ("Asia/Kolkata", "+05:30"),
];
const SCRIPT: &str =
    "day 2026-11-24\n09:00 register ann\n09:01 login ann\n18:30 post ann hello\n18:31:05 create-group ann crew";

async fn with_script() -> OwnDatabase {
    stored(&tenfold_synthetic::rehearse(SCRIPT).unwrap()).await
}

/// Standard output and standard error of the program in a time zone.
async fn printed(own: &OwnDatabase, zone: &str, arguments: &[&str]) -> (String, String) {
    let mut command = program(&[arguments, &["--database", &own.url]].concat());
    command.env("TZ", zone);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    assert!(
        output.status.success(),
        "{zone} {arguments:?}: {}",
        text(&output.stderr)
    );
    (text(&output.stdout), text(&output.stderr))
}

/// The time and zone of a printed line: what stands between its position and its kind.
fn time_in(line: &str) -> String {
    line.trim_start().split("  ").nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn with_utc_every_tool_prints_and_reads_the_same_in_every_zone() {
    let own = with_script().await;
    let post = text_of_post(&own).await;
    for arguments in [
        &["tail"][..],
        &["tail", "--from", "2026-11-24 18:00", "--to", "2026-11-24 18:31"],
        &["story", "ann", "--from", "2026-11-24 18:00"],
        &["show", &post],
        &["count", "--every", "1day", "--from", "2026-11-24"],
        &["state", "--at", "2026-11-24 18:30:30"],
        &["why", "ann", &post, "--at", "2026-11-24 18:31"],
        &["diff", "2026-11-24 18:00", "2026-11-24 18:31"],
        &["bisect", "--holds", "exists(ann)", "--from", "2026-11-24"],
        &["fork", "--until", "2026-11-24 18:31"],
        &["export", "-", "--user", "ann", "--to", "2026-11-24 18:31"],
    ] {
        let with_utc = [&["--utc"], arguments].concat();
        let expected = printed(&own, "UTC", &with_utc).await;
        assert!(!expected.0.is_empty(), "{arguments:?}");
        for (zone, _) in ZONES {
            assert_eq!(printed(&own, zone, &with_utc).await, expected, "{zone} {arguments:?}");
        }
    }
}

/// The position of the post, as an argument.
async fn text_of_post(own: &OwnDatabase) -> String {
    let (line, _) = printed(own, "UTC", &["tail", "--type", "Posted"]).await;
    line.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn times_are_printed_with_the_zone_of_the_machine_and_can_be_typed_again_as_they_were_printed() {
    let own = with_script().await;
    for (zone, shown) in ZONES {
        let (lines, _) = printed(&own, zone, &["tail", "--type", "GroupCreated"]).await;
        let time = time_in(&lines);
        assert!(time.ends_with(shown), "{zone}: {time}");
        let (wall, _) = time.rsplit_once(' ').unwrap();
        for typed in [&time[..], wall] {
            let (again, _) = printed(&own, zone, &["tail", "--from", typed]).await;
            assert_eq!(again, lines, "{zone}: from {typed}");
        }
        for arguments in [
            &["story", "crew"][..],
            &["count", "--every", "1h"],
            &["show", lines.split_whitespace().next().unwrap()],
        ] {
            let (told, _) = printed(&own, zone, arguments).await;
            assert!(told.contains(&format!(" {shown}")), "{zone} {arguments:?}: {told}");
        }
    }
}

#[tokio::test]
async fn where_nothing_matches_it_is_said_between_which_times() {
    let own = with_script().await;
    let between = ["--from", "2026-11-24 12:00", "--to", "2026-11-24 13:00"];
    for task in [
        &["tail"][..],
        &["tail", "--json"],
        &["tail", "--reverse"],
        &["count"],
        &["story", "ann"],
    ] {
        for (zone, shown) in [ZONES[0], ZONES[1]] {
            let (_, said) = printed(&own, zone, &[task, &between].concat()).await;
            let wanted =
                format!("no event matches between 2026-11-24 12:00:00 {shown} and 2026-11-24 13:00:00 {shown}");
            assert!(said.contains(&wanted), "{zone} {task:?}: {said}");
            assert!(said.contains("--utc"), "{zone} {task:?}: {said}");
        }
    }
    let (lines, said) = printed(&own, "UTC", &["tail", "--type", "InstanceLost"]).await;
    assert_eq!(lines, "");
    assert!(
        said.contains("no event matches between position 1 and the end of the log"),
        "{said}"
    );
}

#[tokio::test]
async fn a_time_that_the_clock_never_told_is_refused_and_utc_is_not() {
    let own = with_script().await;
    let tail = ["tail", "--from", "2026-03-08 02:30", "--database", &own.url];
    let mut command = program(&tail);
    command.env("TZ", "America/New_York");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("02:30:00 does not exist on that day") && said.contains("--utc"),
        "{said}"
    );
    let (lines, _) = printed(
        &own,
        "America/New_York",
        &["tail", "--utc", "--from", "2026-03-08 02:30"],
    )
    .await;
    assert!(lines.lines().count() > 4, "{lines}");
}
