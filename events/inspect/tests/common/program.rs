//! The program `tenfold-events` as people run it.

use std::process::{Command, Output};

use tenfold_log::sealing::MasterKey;

pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenfold-events"));
    command.args(arguments).env("TZ", "UTC");
    command.env("TENFOLD_MASTER_KEY", MasterKey::new(super::MASTER_KEY).reveal());
    for variable in ["TENFOLD_DATABASE", "DATABASE_URL", "TENFOLD_HOME"] {
        command.env_remove(variable);
    }
    command
}

pub async fn run(arguments: &[&str]) -> Output {
    let mut command = program(arguments);
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// One sentence on standard error, nothing on standard output, and status 2.
pub async fn assert_refused(arguments: &[&str], part: &str) {
    let output = run(arguments).await;
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert_eq!(text(&output.stdout), "", "{arguments:?}");
    assert_eq!(said.lines().count(), 1, "{arguments:?}: {said}");
    assert!(
        said.starts_with("tenfold-events: ") && said.contains(part),
        "{arguments:?}: {said}"
    );
    assert!(!said.contains("secret"), "{said}");
}
