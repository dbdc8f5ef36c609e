//! docs/debugging.md tells the truth: each command in it prints what stands below it. And every bundle that is kept in
//! `bundles/` makes what it should, in this build.

use std::path::{Path, PathBuf};
use std::process::Command;

use tenfold_testcases::programs;
use tenfold_testcases::service::{Options, Service};

/// How the document calls the sandbox; the test's has a name of its own.
const SANDBOX: &str = "yesterday";

fn root() -> PathBuf {
    let testcases = Path::new(env!("CARGO_MANIFEST_DIR"));
    testcases.parent().expect("testcases lies in the project").to_owned()
}

/// A command of the document, and what stands below it.
#[derive(Debug)]
struct Shown {
    line: usize,
    command: String,
    output: String,
}

/// What stands in the blocks marked `console`: a command behind `$ `, its output below it.
fn shown(document: &str) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    let mut inside = false;
    for (line, text) in (1..).zip(document.lines()) {
        if text.starts_with("```") {
            inside = text == "```console";
        } else if let (true, Some(command)) = (inside, text.strip_prefix("$ ")) {
            let (command, output) = (command.to_owned(), String::new());
            all.push(Shown { line, command, output });
        } else if let (true, Some(last)) = (inside, all.last_mut()) {
            last.output += text;
            last.output += "\n";
        }
    }
    all
}

/// Both of its outputs, as a person at a terminal sees them.
fn run(command: &str, database: &str, folder: &Path, zone: &str) -> String {
    let program = programs::path("tenfold-events");
    let line = command.replace("bin/events", &program.to_string_lossy());
    let output = Command::new("bash")
        .args(["-c", &format!("{{ {line}; }} 2>&1")])
        .current_dir(folder)
        .env("TENFOLD_DATABASE", database)
        .env("TENFOLD_HOME", folder.join("home"))
        .env("TZ", zone)
        .output()
        .expect("bash runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_session_in_the_document_is_what_the_program_prints() {
    assert_prints_the_document("UTC");
}

#[test]
fn the_session_is_the_same_west_of_greenwich() {
    assert_prints_the_document("America/New_York");
}

#[test]
fn the_session_is_the_same_east_of_greenwich() {
    assert_prints_the_document("Asia/Kolkata");
}

/// With TENFOLD_KEEP_OUTPUT the document is written anew; for one of the tests alone.
fn assert_prints_the_document(zone: &str) {
    let service = Service::start(Options::new());
    let document = root().join("docs/debugging.md");
    let text = std::fs::read_to_string(&document).expect("the document is there");
    let name = format!("{SANDBOX}_{}", uuid::Uuid::new_v4().simple());
    let scratch = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(root().join("testcases"), scratch.path().join("testcases")).expect("a link");
    let session = shown(&text);
    assert!(session.len() > 8, "{session:?}");
    let mut printed_all = text.clone();
    for Shown { line, command, output } in &session {
        let command_here = command.replace(SANDBOX, &name);
        let printed = run(&command_here, &service.database.url, scratch.path(), zone);
        let printed = printed.replace(&name, SANDBOX);
        if std::env::var_os("TENFOLD_KEEP_OUTPUT").is_some() {
            let (before, after) = (format!("$ {command}\n{output}"), format!("$ {command}\n{printed}"));
            printed_all = printed_all.replacen(&before, &after, 1);
            continue;
        }
        assert_eq!(&printed, output, "docs/debugging.md, line {line}, TZ={zone}: {command}");
    }
    if std::env::var_os("TENFOLD_KEEP_OUTPUT").is_some() {
        std::fs::write(&document, printed_all).expect("the document can be written");
    }
    let left = format!("SELECT count(*) FROM pg_database WHERE datname LIKE '{name}%'");
    let left = service.database.rows(&left);
    assert_eq!(left[0][0].as_deref(), Some("0"), "the document removes what it makes");
}

#[test]
fn every_bundle_makes_what_it_should() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bundles");
    let mut bundles = 0;
    for entry in std::fs::read_dir(folder).expect("there is a folder for bundles") {
        let file = entry.expect("it can be read").path();
        if file.extension().is_none_or(|extension| extension != "bundle") {
            continue;
        }
        bundles += 1;
        let mut command = programs::command("tenfold-events");
        let output = command.arg("replay-bundle").arg(&file).output().expect("it runs");
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{told}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    assert!(bundles > 0, "a test of nothing tells nothing");
}
