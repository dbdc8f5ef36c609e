//! A login server refuses a database that would let it down later, with a sentence of its own for each.

use std::process::Output;

use tempfile::TempDir;
use tenfold_testcases::database::Database;
use tenfold_testcases::pooler::Pooler;
use tenfold_testcases::programs;
use tenfold_testcases::service::{Options, Service};

const PASSWORD: &str = "s3cr3t@1f2e/x";

/// What a login server says of a database with which it does not start.
fn refusal(url: &str) -> String {
    let home = TempDir::with_prefix("tenfold-home-").expect("a temporary folder can be made");
    let mut command = programs::command("tenfold-login");
    let (variable, key) = programs::MASTER_KEY;
    command
        .args(["127.0.0.1", "0", "--database", url, "--home"])
        .arg(home.path());
    let Output { status, stdout, stderr } = command.env(variable, key).output().expect("it can be started");
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert!(!status.success() && stdout.is_empty(), "{status} {said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

fn scalar(database: &Database, sql: &str) -> String {
    database.rows(sql)[0][0].clone().unwrap_or_default()
}

#[test]
fn a_pooler_in_transaction_mode_is_refused_and_one_in_session_mode_serves() {
    let database = Database::fresh();
    let pooler = Pooler::before(&database, "transaction");
    let database = database.reached_at(&pooler.authority);
    let said = refusal(&database.url);
    assert!(
        said.contains("connection pooler") && said.contains("pool_mode = session"),
        "{said}"
    );
    assert_eq!(
        scalar(&database, "select count(*) from pg_class where relname = 'event'"),
        "0"
    );
    drop(pooler);

    let database = Database::fresh();
    let pooler = Pooler::before(&database, "session");
    let mut service = Service::start_on(database.reached_at(&pooler.authority), Options::new());
    let output = service
        .run_client("register a pw\nlogin a pw\npost a hello\nexit\n")
        .output;
    assert_eq!(output.matches("Success!").count(), 3, "{output}");
    service.stop();
}

#[test]
fn an_encoding_and_another_programs_tables_are_said() {
    let database = Database::fresh();
    database.rows("create table account (id int)");
    let said = refusal(&database.url);
    assert!(said.contains("already has table account"), "{said}");
    assert_eq!(
        scalar(&database, "select count(*) from pg_class where relname = 'event'"),
        "0"
    );

    database.rows("create database latin1 encoding 'LATIN1' locale 'C' template template0");
    let latin = Database::named_beside(&database, "latin1");
    let said = refusal(&latin.url);
    assert!(said.contains("LATIN1"), "{said}");
}

#[test]
fn no_part_of_a_password_is_repeated() {
    let database = Database::fresh();
    let (scheme, place) = database.url.split_once("postgres@").expect("a URL with a user");
    for url in [
        format!("{scheme}nobody-1f2e:{PASSWORD}@{place}"),
        format!("{scheme}nobody-1f2e:s3cr3t@1f2e@{place}"),
        format!("{scheme}nobody-1f2e:s3cr3t#1f2e@{place}?1f2e=x"),
        format!("{scheme}nobody-1f2e:s3cr3t@127.0.0.1:1/x@1f2e"),
    ] {
        let said = refusal(&url);
        assert!(!said.contains("s3cr3t") && !said.contains("1f2e"), "{url}: {said}");
    }
}
