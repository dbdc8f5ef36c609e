//! Every signal that ends a program ends what it has started.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tenfold_testcases::client::run_client;
use tenfold_testcases::process::{Next, lines_of, processes_of, signal, wait_for_end};
use tenfold_testcases::programs;
use tenfold_testcases::service::{Options, Service, listening_address};
use tenfold_testcases::waiting::{PATIENCE, eventually};

/// Not one of them was handled but INT and TERM.
const ENDING: [Signal; 8] = [
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGUSR1,
    Signal::SIGALRM,
    Signal::SIGABRT,
    Signal::SIGXCPU,
];

/// Starts a program that prints a line when it is ready; that line.
fn started(command: &mut Command, home: &Path) -> (Child, String) {
    let log = File::options()
        .create(true)
        .append(true)
        .open(home.with_extension("log"));
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(log.expect("its log can be written"));
    let mut process = command.spawn().expect("the program can be started");
    let lines = lines_of(process.stdout.take().expect("a pipe"));
    match lines.next(2 * PATIENCE) {
        Next::Line(line) => (process, line),
        other => panic!(
            "{other:?}:\n{}",
            std::fs::read_to_string(home.with_extension("log")).unwrap_or_default()
        ),
    }
}

fn nothing_runs(home: &Path, after: Signal) {
    eventually(&format!("nothing of it runs after {after}"), || {
        // Postgres removes it when it ends.
        let postgres_runs = home.join("postgres/data/postmaster.pid").exists();
        (!postgres_runs && processes_of(home).is_empty()).then_some(())
    });
}

#[test]
fn every_ending_signal_ends_the_application_servers_and_the_private_postgres() {
    let folder = TempDir::with_prefix("tenfold-signals-").expect("a temporary folder can be made");
    let home = folder.path().join("home");
    for (number, sent) in ENDING.into_iter().enumerate() {
        let mut command = programs::command("tenfold-login");
        command.args(["127.0.0.1", "0", "--home"]).arg(&home);
        let (mut process, line) = started(&mut command, &home);
        let address = listening_address(&line).expect("it says where");
        let finished = run_client(address, format!("register ann{number} pw\nlogin ann{number} pw\n"));
        assert_eq!(finished.output, "Success!\nSuccess!\n");
        signal(process.id(), sent);
        let status = wait_for_end(&mut process, &format!("the login server after {sent}"));
        assert!(status.success(), "{sent}: {status}");
        nothing_runs(&home, sent);
    }

    // The log's own tool starts the Postgres for itself, and ends it.
    for sent in ENDING {
        let mut command = programs::command("tenfold-events");
        command.args(["tail", "--follow", "--home"]).arg(&home);
        let (mut process, _) = started(&mut command, &home);
        signal(process.id(), sent);
        wait_for_end(&mut process, &format!("the log's tool after {sent}"));
        nothing_runs(&home, sent);
    }
}

#[test]
fn every_ending_signal_ends_an_application_server_in_good_order() {
    let service = Service::start(Options::default().with("--idle-grace", "60s"));
    let mut client = service.client();
    client.register_and_login("ann");
    for sent in ENDING {
        let pid = eventually("an application server serves", || service.app_pids().first().copied());
        client.expect("post ann hello", "Success!");
        signal(pid, sent);
        eventually("it has ended", || (!service.app_pids().contains(&pid)).then_some(()));
    }
    let log = service.log_tail();
    assert!(!log.contains("signal: "), "none died of its signal:\n{log}");
    drop(client);
}

#[test]
fn a_server_under_nohup_outlives_its_terminal() {
    let folder = TempDir::with_prefix("tenfold-signals-").expect("a temporary folder can be made");
    let home = folder.path().join("home");
    let mut command = Command::new("nohup");
    command
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .arg(programs::path("tenfold-login"))
        .args(["127.0.0.1", "0", "--home"])
        .arg(&home);
    let (mut process, line) = started(&mut command, &home);
    signal(process.id(), Signal::SIGHUP);
    let address = listening_address(&line).expect("it says where");
    assert_eq!(run_client(address, "register ann pw\n").output, "Success!\n");
    signal(process.id(), Signal::SIGTERM);
    wait_for_end(&mut process, "the login server");
}
