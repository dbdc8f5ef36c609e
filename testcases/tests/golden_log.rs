//! The database of a whole service that an older build wrote (testcases/golden-log) is migrated, read, verified and rebuilt by this one,
//! and its people go on where they stopped.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tenfold_core::event::Event;
use tenfold_testcases::database::Database;
use tenfold_testcases::log::text_of;
use tenfold_testcases::programs;
use tenfold_testcases::service::{Options, Service};

fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden-log").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(kept(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn unpacked(name: &str) -> String {
    let unpacked = Command::new("gzip").arg("-dc").arg(kept(name)).output();
    let unpacked = unpacked.expect("gzip can be run");
    assert!(unpacked.status.success(), "{name}: {}", text_of(&unpacked));
    String::from_utf8(unpacked.stdout).expect("UTF-8")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The keys of the service, as the variables that servers and tools take them from.
fn keys() -> [(String, String); 2] {
    let key = |variable: &str, file| (variable.to_owned(), text(file).trim().to_owned());
    [
        key("TENFOLD_MASTER_KEY", "master.key"),
        key("TENFOLD_TOKEN_KEY", "token.key"),
    ]
}

/// The golden log in a database of its own, with one login server of this build, which has migrated it.
fn revived() -> Service {
    let database = Database::fresh();
    database.rows(&unpacked("log.sql.gz"));
    // Its sessions are years old some day, and nobody is to end them meanwhile.
    let options = Options::new().with("--session-ttl", "36500days").with_variables(keys());
    Service::start_on(database, options)
}

fn events(service: &Service, arguments: &[&str]) -> Output {
    let mut command = programs::command("tenfold-events");
    command
        .args(arguments)
        .args(["--database", &service.database.url])
        .envs(keys());
    let output = command.output().expect("tenfold-events can be run");
    assert!(output.status.success(), "{arguments:?}: {}", text_of(&output));
    output
}

fn said(service: &Service, arguments: &[&str]) -> String {
    String::from_utf8(events(service, arguments).stdout).expect("UTF-8")
}

/// But for one event: that a login server started.
fn assert_is_as_kept(service: &Service) {
    let mut state = json(&said(service, &["state", "--json"]));
    let kept = json(&text("state.json"));
    let position = state["position"].as_i64().expect("a position");
    state["position"] = (position - 1).into();
    assert_eq!(state, kept, "the state is another");
}

fn assert_is_sound(service: &Service) {
    let figures = |told: &str, more: i64| -> Vec<(String, i64)> {
        let words = told.lines().filter_map(|line| line.split_once(' '));
        let figures = words.filter(|(name, _)| ["position", "events"].contains(name));
        let number = |figure: &str| figure.trim().parse::<i64>().expect("a number") + more;
        figures
            .map(|(name, figure)| (name.to_owned(), number(figure)))
            .collect()
    };
    let verified = said(service, &["verify"]);
    assert_eq!(figures(&verified, 0), figures(&text("verify.txt"), 1), "{verified}");
}

#[test]
fn an_older_log_is_read_verified_and_rebuilt() {
    let service = revived();
    assert_is_sound(&service);
    assert_is_as_kept(&service);
    let told = said(&service, &["tail", "--json"]);
    let kept = unpacked("tail.jsonl.gz");
    let mut told = told.lines();
    for then in kept.lines() {
        assert_eq!(told.next().map(json), Some(json(then)));
    }
    let since: Vec<Value> = told.map(json).collect();
    assert_eq!(since.len(), 1, "{since:?}");
    assert_eq!(since[0]["kind"], "LoginServerStarted");
    events(&service, &["rebuild"]);
    assert_is_sound(&service);
    assert_is_as_kept(&service);
}

#[test]
fn people_of_an_older_log_go_on() {
    let mut service = revived();
    // Who was logged in still is: the same token, and what was sent meanwhile.
    let finished = service.run_client(
        "login golden-ann secret-of-golden-ann\nlist-friend golden-ann\nlist-joined golden-cleo\nlogin golden-cleo secret-of-golden-cleo\n\
         list-joined golden-cleo\nsend golden-ann golden-cleo after the change\nexit\n",
    );
    let expected = [
        "Success!",
        "golden-ben",
        "golden-cleo",
        "Not login yet",
        "Success!",
        "golden-group",
        "<<<golden-ann->golden-cleo: after the change>>>",
        "Success!",
    ];
    let mut printed: Vec<&str> = finished.output.lines().collect();
    // A message may be shown before or after the reply to its sender.
    printed.sort_unstable();
    let mut wanted = expected.to_vec();
    wanted.sort_unstable();
    assert_eq!(printed, wanted, "{finished:?}");
    assert!(finished.status.success(), "{finished:?}");
    let sessions = |state: &Value| state["sessions"].as_array().map(Vec::len);
    let now = json(&said(&service, &["state", "--json"]));
    assert_eq!(sessions(&now), sessions(&json(&text("state.json"))));
    service.stop();
}

/// What a launch failed for, as this build reads the event; none where the instance ended for another reason.
fn launch_failure(line: &str) -> Option<(String, Value)> {
    let recorded = json(line);
    let kind = recorded["kind"].as_str().expect("an event has a kind");
    let version = recorded["kind_version"].as_i64().expect("and a version");
    let version = i16::try_from(version).expect("versions are small");
    let event = Event::decode(kind, version, &recorded["data"].to_string(), None).expect("this build reads it");
    let reason = recorded["data"]["reason"].as_str().unwrap_or_default();
    let failure = json(&event.encode().data)["launch_failure"].take();
    (!failure.is_null()).then(|| (reason.to_owned(), failure))
}

#[test]
fn why_a_launch_failed_is_typed_in_every_older_event() {
    let kept = unpacked("tail.jsonl.gz");
    let ends = kept
        .lines()
        .filter(|line| line.contains("InstanceTerminated") || line.contains("InstanceLost"));
    let failures: Vec<_> = ends.filter_map(launch_failure).collect();
    for (reason, failure) in &failures {
        let words = reason.strip_prefix("it could not be launched: ");
        let wanted = match words.and_then(|words| words.split_once(": ")) {
            Some((kind, _)) if !kind.contains(' ') && !kind.contains('/') => kind,
            _ if reason.contains("not ready") => "not-ready",
            _ if reason.contains("does not answer") => "timeout",
            _ => "other",
        };
        assert_eq!(failure, wanted, "{reason}");
    }
    let kinds: BTreeSet<&str> = failures.iter().filter_map(|(_, failure)| failure.as_str()).collect();
    let wanted = [
        "capacity",
        "credentials",
        "not-ready",
        "other",
        "quota",
        "throttled",
        "timeout",
    ];
    assert_eq!(kinds, BTreeSet::from(wanted));
}
