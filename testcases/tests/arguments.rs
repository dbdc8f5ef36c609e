//! What is wrong from the start is said in one sentence, with exit status 2.

use std::fs::File;
use std::io::pipe;
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tenfold_testcases::database::Database;
use tenfold_testcases::postgres::free_port;
use tenfold_testcases::process::signal;
use tenfold_testcases::programs;
use tenfold_testcases::waiting::PATIENCE;

/// Runs a program that must refuse to start; what it says.
fn refused(command: &mut Command) -> String {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = command.spawn().expect("the program can be started");
    // One that starts all the same must not go on for ever.
    let deadline = Instant::now() + PATIENCE;
    while process.try_wait().expect("our own child").is_none() {
        if Instant::now() > deadline {
            signal(process.id(), Signal::SIGTERM);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = process.wait_with_output().expect("our own child");
    let complaint = complaint(command, &output);
    assert_eq!(output.status.code(), Some(2), "{command:?}: {complaint}");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(printed, "", "{command:?}: standard output");
    complaint
}

fn complaint(command: &Command, output: &Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<_> = complaint.lines().filter(|line| !line.trim().is_empty()).collect();
    assert_eq!(lines.len(), 1, "{command:?}: one sentence, not\n{complaint}");
    let forbidden = ["panicked", "RUST_BACKTRACE", "os error", "Os {", "Error {", "Error("];
    let found = forbidden.iter().find(|word| complaint.contains(**word));
    assert_eq!(found, None, "{command:?}: words for people, not {complaint}");
    complaint
}

fn program(name: &str, arguments: &[&str]) -> Command {
    let mut command = programs::command(name);
    command.args(arguments);
    command
}

#[test]
fn wrong_arguments_of_the_login_server() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let home = folder.path().join("home");
    let cases: [&[&str]; 12] = [
        &[],
        &["127.0.0.1"],
        &["127.0.0.1", "port"],
        &["127.0.0.1", "65536"],
        &["127.0.0.1", "-1"],
        &["not a host", "0"],
        &["127.0.0.1", "0", "more"],
        &["127.0.0.1", "0", "--wrong", "1"],
        &["127.0.0.1", "0", "--seats", "0"],
        &["127.0.0.1", "0", "--seats", "many"],
        &["127.0.0.1", "0", "--idle-grace", "soon"],
        &["127.0.0.1", "0", "--fleet", "moon"],
    ];
    for arguments in cases {
        let mut command = program("tenfold-login", arguments);
        // Nothing that could be started by mistake: nobody listens there.
        command.env("DATABASE_URL", format!("postgres://127.0.0.1:{}/nothing", free_port()));
        command.env("TENFOLD_HOME", &home);
        refused(&mut command);
        assert!(!home.exists(), "{arguments:?} left something behind");
    }
}

#[test]
fn wrong_arguments_of_the_client() {
    let cases: [&[&str]; 5] = [
        &[],
        &["127.0.0.1"],
        &["127.0.0.1", "port"],
        &["127.0.0.1", "65536"],
        &["127.0.0.1", "1", "more"],
    ];
    for arguments in cases {
        refused(&mut program("tenfold-client", arguments));
    }
}

#[test]
fn wrong_arguments_of_the_log_s_tool() {
    let cases: [&[&str]; 4] = [
        &["dance"],
        &["state", "--at", "then"],
        &["tail", "--from", "x"],
        &["verify", "--wrong"],
    ];
    for arguments in cases {
        refused(&mut program("tenfold-events", arguments));
    }
}

#[test]
fn every_program_survives_a_reader_that_is_gone() {
    let programs = ["login", "app", "client", "events", "bench", "metrics", "test-run"];
    for (name, full) in programs.iter().flat_map(|name| [(name, false), (name, true)]) {
        let mut command = program(&format!("tenfold-{name}"), &["--help"]);
        let output: Stdio = if full {
            File::options()
                .write(true)
                .open("/dev/full")
                .expect("every Linux has it")
                .into()
        } else {
            let (reader, writer) = pipe().expect("a pipe");
            drop(reader);
            writer.into()
        };
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(Stdio::piped())
            .spawn();
        let output = child
            .and_then(Child::wait_with_output)
            .expect("the program can be started");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.is_empty() && output.status.success(),
            "{name}: {}: {said}",
            output.status
        );
    }
}

#[test]
fn a_variable_that_is_none_is_refused_by_every_program() {
    for (name, arguments) in [
        ("tenfold-login", &["127.0.0.1", "0", "--home", "/nowhere"][..]),
        ("tenfold-app", &["--instance", "00000000-0000-0000-0000-000000000001"]),
        ("tenfold-client", &["127.0.0.1", "1"]),
        ("tenfold-events", &["verify", "--home", "/nowhere"]),
    ] {
        let said = refused(program(name, arguments).env("TENFOLD_SEAT", "5"));
        assert!(
            said.contains("TENFOLD_SEAT ") && said.contains("TENFOLD_SEATS"),
            "{said}"
        );
    }
}

#[test]
fn values_that_nothing_can_be_done_with() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let home = folder.path().join("home");
    for (option, value) in [
        ("--session-ttl", "99999999h"),
        ("--session-ttl", "10ms"),
        ("--seat-wait", "584942417355years"),
        ("--idle-grace", "101years"),
        ("--max-instances", "65535"),
        ("--spare-seats", "65535"),
        ("--log", "loud"),
        ("--log", "tenfold_lgin=debug"),
    ] {
        let said = refused(program("tenfold-login", &["127.0.0.1", "0", option, value]).env("TENFOLD_HOME", &home));
        assert!(said.contains(option), "{said}");
        let variable = option.replace("--", "TENFOLD_").replace('-', "_").to_uppercase();
        let said = refused(
            program("tenfold-login", &["127.0.0.1", "0"])
                .env("TENFOLD_HOME", &home)
                .env(variable, value),
        );
        assert!(said.contains(option), "{said}");
        assert!(!home.exists());
    }
}

#[test]
fn a_taken_port() {
    let database = Database::fresh();
    let home = TempDir::new().expect("a temporary folder can be made");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = taken.local_addr().expect("it is bound").port().to_string();
    let mut command = program("tenfold-login", &["127.0.0.1", &port, "--database", &database.url]);
    let complaint = refused(command.arg("--home").arg(home.path()));
    assert!(complaint.contains(&port), "{complaint}");
}

#[test]
fn an_address_of_another_machine() {
    let database = Database::fresh();
    let home = TempDir::new().expect("a temporary folder can be made");
    let mut command = program("tenfold-login", &["192.0.2.1", "0", "--database", &database.url]);
    refused(command.arg("--home").arg(home.path()));
}

#[test]
fn a_wrong_database() {
    let database = Database::fresh();
    let home = TempDir::new().expect("a temporary folder can be made");
    let nobody = format!("postgres://postgres@127.0.0.1:{}/x", free_port());
    let missing = format!("{}_that_is_not_there", database.url);
    for url in [
        nobody.as_str(),
        &missing,
        "nonsense",
        "http://127.0.0.1/",
        "postgres://[::1/x",
        "",
    ] {
        let mut command = program("tenfold-login", &["127.0.0.1", "0", "--database", url, "--home"]);
        refused(command.arg(home.path()));
        refused(&mut program("tenfold-events", &["state", "--json", "--database", url]));
        refused(&mut program("tenfold-events", &["verify", "--database", url]));
    }
}

#[test]
fn a_password_in_a_wrong_database_url_is_not_shown() {
    let home = TempDir::new().expect("a temporary folder can be made");
    let url = format!("postgres://postgres:s3cr3t-1f2e@127.0.0.1:{}/x", free_port());
    let mut command = program("tenfold-login", &["127.0.0.1", "0", "--database", &url, "--home"]);
    let complaint = refused(command.arg(home.path()));
    assert!(!complaint.contains("s3cr3t-1f2e"), "{complaint}");
}

#[test]
fn a_wrong_broker_is_refused_and_its_password_is_not_shown() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let home = folder.path().join("home");
    // Nothing that could be started by mistake: nobody listens there.
    let nobody = format!("postgres://127.0.0.1:{}/nothing", free_port());
    for url in [
        "ann:s3cr3t-1f2e@127.0.0.1",
        "http://ann:s3cr3t-1f2e@127.0.0.1/",
        "amqp://ann:s3cr3t-1f2e@127.0.0.1:port",
        "amqp://ann:s3cr3t-1f2e@127.0.0.1/world/more",
        "stomp://ann:s3cr3t-1f2e@",
        "stomp://ann:s3cr3t-1f2e%00@127.0.0.1",
    ] {
        let arguments = ["127.0.0.1", "0", "--database", &nobody, "--home"];
        let mut by_option = program("tenfold-login", &arguments);
        by_option.arg(&home).args(["--broker", url]);
        let mut by_environment = program("tenfold-login", &arguments);
        by_environment.arg(&home).env("TENFOLD_BROKER", url);
        // Where the option's name was forgotten.
        let mut out_of_place = program("tenfold-login", &["127.0.0.1", "0", url]);
        let mut complaints = vec![refused(&mut by_option), refused(&mut by_environment)];
        if url.contains("://") {
            complaints.push(refused(out_of_place.env("TENFOLD_HOME", &home)));
        }
        for complaint in complaints {
            assert!(!complaint.contains("s3cr3t-1f2e"), "{url}: {complaint}");
        }
        assert!(!home.exists(), "{url} left something behind");
    }
}

#[test]
fn a_home_that_cannot_be_written() {
    let database = Database::fresh();
    // Nothing can be made below a device, not even by root.
    let mut command = program("tenfold-login", &["127.0.0.1", "0", "--database", &database.url]);
    refused(command.args(["--home", "/dev/null/home"]));
    let tables = database.rows("SELECT 1 FROM pg_tables WHERE schemaname = 'public'");
    assert!(tables.is_empty(), "nothing half made");
}

#[test]
fn a_database_of_a_newer_version() {
    let mut service = tenfold_testcases::service::Service::start(tenfold_testcases::service::Options::new());
    service.stop();
    let database = &service.database;
    let history = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE tablename LIKE '%schema_history%'";
    let history = database.rows(history)[0][0]
        .clone()
        .expect("migrations are written down");
    database.rows(&format!(
        "INSERT INTO {history} (version, name, applied_on, checksum) \
         SELECT 9999, 'from_the_future', max(applied_on), '0' FROM {history}"
    ));
    let mut command = program(
        "tenfold-login",
        &["127.0.0.1", "0", "--database", &database.url, "--home"],
    );
    let complaint = refused(command.arg(service.home.path()));
    assert!(complaint.contains("newer"), "{complaint}");
    refused(&mut program("tenfold-events", &["verify", "--database", &database.url]));
}

#[test]
fn a_key_of_another_home() {
    let mut service = tenfold_testcases::service::Service::start(tenfold_testcases::service::Options::new());
    service.stop();
    let other = TempDir::new().expect("a temporary folder can be made");
    let url = &service.database.url;
    let mut command = program("tenfold-login", &["127.0.0.1", "0", "--database", url, "--home"]);
    let complaint = refused(command.arg(other.path()));
    assert!(complaint.contains("key"), "{complaint}");
}
