//! Every benchmark works: `--quick`, on the tests' Postgres, with the programs as the tests build them. Figures are not looked at.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use std::process::{Command, Output};

use serde_json::Value;
use tenfold_testcases::broker::{self, BrokerKind};
use tenfold_testcases::database::Database;
use tenfold_testcases::programs;

fn bench(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenfold-bench"));
    let folder = programs::path("tenfold-login").parent().map(ToOwned::to_owned);
    command.args(arguments).env("TENFOLD_BIN_DIR", folder.unwrap());
    command.output().unwrap()
}

/// The last line, after one of the quick runs.
fn quick(name: &str, more: &[&str]) -> Value {
    let database = Database::fresh();
    let output = bench(&[&[name, "--quick", "--database", &database.url], more].concat());
    let (said, complaint) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{name}: {} {complaint}", output.status);
    let last: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!(last["bench"], name);
    for figure in ["value", "against", "ratio"] {
        assert!(last[figure].as_f64().unwrap() > 0.0, "{name}: {last}");
    }
    let left = database.rows("select datname from pg_database where datname like 'tenfold_bench_%'");
    assert!(
        left.is_empty() || std::env::var_os("TENFOLD_TEST_POSTGRES").is_some(),
        "{name} left {left:?}"
    );
    last
}

#[test]
fn commands() {
    quick("commands", &["--users", "3"]);
    quick("commands", &["--users", "3", "--identified"]);
}

#[test]
fn reads() {
    quick("reads", &["--users", "8"]);
}

#[test]
fn rebuild() {
    quick("rebuild", &["--events", "2000"]);
}

#[test]
fn travel() {
    quick("travel", &[]);
}

#[test]
fn messages() {
    quick("messages", &[]);
}

#[test]
fn messages_through_a_private_rabbitmq() {
    quick("messages", &["--broker", "rabbitmq"]);
}

#[test]
fn messages_through_a_private_activemq() {
    quick("messages", &["--broker", "activemq"]);
}

#[test]
fn messages_through_a_rabbitmq_that_runs() {
    let broker = broker::shared(BrokerKind::RabbitMq).unwrap();
    quick("messages", &["--broker", &broker.url]);
}

#[test]
fn scaleup() {
    quick("scaleup", &[]);
}

#[test]
fn memory() {
    quick("memory", &[]);
}

#[test]
fn fleet() {
    assert_eq!(quick("fleet", &[])["against"], 1.0);
}

#[test]
fn mistakes_are_told_in_one_sentence() {
    for arguments in [
        &["speed"][..],
        &["travel", "--events", "0"],
        &["commands", "--users", "0"],
        &["messages", "--broker", "nonsense"],
        &["messages", "--broker", "amqp://ann:s3cr3t@127.0.0.1:port"],
        &["messages", "--broker", "amqp://ann:s3cr3t@127.0.0.1:1"],
        &["reads", "--database", "nonsense"],
        &["reads", "--database", "postgres://127.0.0.1:1/nobody"],
    ] {
        let output = bench(arguments);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {complaint}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert_eq!(complaint.lines().count(), 1, "{arguments:?}: {complaint}");
        assert!(!complaint.contains("s3cr3t"), "{arguments:?}: {complaint}");
    }
}
