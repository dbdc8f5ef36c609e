//! Dumps of databases, and what is made of them again.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::database::Database;

/// A program of the Postgres that `database` is on.
///
/// # Panics
/// Where it is not beside it.
fn program(database: &Database, name: &str) -> PathBuf {
    let folder = database.rows("SELECT setting FROM pg_config WHERE name = 'BINDIR'");
    let folder = folder[0][0].as_deref().expect("Postgres knows where its programs are");
    let program = Path::new(folder).join(name);
    assert!(
        program.is_file(),
        "{name} is not beside the Postgres that the tests run on"
    );
    program
}

/// What `pg_dump` says of `database`.
pub fn dump(database: &Database, arguments: &[&str]) -> String {
    let mut command = Command::new(program(database, "pg_dump"));
    let output = command.args(arguments).arg(&database.url).output();
    let output = output.expect("pg_dump can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a dump is text")
}

/// Gives `dumped` to `database`.
pub fn restore(database: &Database, dumped: &str) {
    let mut psql = Command::new(program(database, "psql"))
        .args(["-q", "-v", "ON_ERROR_STOP=1", &database.url])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("psql can be run");
    let mut input = psql.stdin.take().expect("its input is a pipe");
    input.write_all(dumped.as_bytes()).expect("it reads");
    drop(input);
    assert!(psql.wait().expect("it ends").success());
}
