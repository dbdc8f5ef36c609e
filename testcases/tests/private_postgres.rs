//! A service with nothing configured: it sets up a Postgres of its own.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tenfold_testcases::client::run_client;
use tenfold_testcases::database::rows_at;
use tenfold_testcases::person::Person;
use tenfold_testcases::process::{Next, children_of, is_running, lines_of, signal, wait_for_end};
use tenfold_testcases::programs;
use tenfold_testcases::waiting::{PATIENCE, eventually};

/// A login server with a home and no database.
struct Alone {
    process: Child,
    address: SocketAddr,
}

impl Alone {
    fn start(home: &Path) -> Self {
        let mut command = programs::command("tenfold-login");
        command
            .args(["127.0.0.1", "0", "--idle-grace", "500ms", "--home"])
            .arg(home);
        let log = File::options().create(true).append(true).open(log_of(home));
        command.stderr(log.expect("its log can be written"));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("tenfold-login can be started");
        let lines = lines_of(process.stdout.take().expect("a pipe"));
        let Next::Line(line) = lines.next(2 * PATIENCE) else {
            let log = std::fs::read_to_string(log_of(home)).unwrap_or_default();
            panic!("it did not begin to listen:\n{log}");
        };
        let address = line.strip_prefix("tenfold: listening on ").expect("it says where");
        let address = address.parse().expect("an address");
        Self { process, address }
    }

    fn prints(&self, script: &str, expected: &str) {
        let finished = run_client(self.address, script);
        assert_eq!(finished.output, expected, "{script}");
    }

    fn stop(mut self) {
        signal(self.process.id(), Signal::SIGTERM);
        let status = wait_for_end(&mut self.process, "the login server");
        assert!(status.success(), "{status}");
    }

    fn kill(mut self) {
        self.process.kill().expect("our own child");
        self.process.wait().expect("our own child");
    }
}

impl Drop for Alone {
    /// A test that failed asks it to clean up behind itself.
    fn drop(&mut self) {
        if self.process.try_wait().is_ok_and(|status| status.is_none()) {
            signal(self.process.id(), Signal::SIGTERM);
            wait_for_end(&mut self.process, "the login server");
        }
    }
}

fn log_of(home: &Path) -> std::path::PathBuf {
    home.with_extension("log")
}

/// The running processes that have `folder` among their arguments.
fn processes_of(folder: &Path) -> Vec<u32> {
    let folder = folder.to_string_lossy().into_owned();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let named = |pid: &u32| {
        let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        is_running(*pid) && String::from_utf8_lossy(&arguments).contains(&folder)
    };
    pids.filter(named).collect()
}

fn nothing_runs(home: &Path) {
    eventually("nothing of it runs any more", || {
        processes_of(home).is_empty().then_some(())
    });
}

fn events(home: &Path, arguments: &[&str]) -> String {
    let mut command = programs::command("tenfold-events");
    let output = command.args(arguments).arg("--home").arg(home).output();
    let output = output.expect("tenfold-events can be run");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const ANN_COMES: &str = "register ann pw\nlogin ann pw\npost ann hello\n";
const BEN_READS: &str =
    "register ben pw\nlogin ben pw\nlogin ann pw\ninvite ben ann\naccept-invite ann ben\nreceive-post ben\n";
const BEN_IS_TOLD: &str = "Success!\nSuccess!\nSuccess!\nSuccess!\nSuccess!\nann: hello\n";

#[test]
fn what_was_said_stays_between_runs() {
    let folder = TempDir::with_prefix("tenfold-alone-").expect("a temporary folder can be made");
    let home = folder.path().join("home");
    let server = Alone::start(&home);
    server.prints(ANN_COMES, "Success!\nSuccess!\nSuccess!\n");
    events(&home, &["verify"]);
    server.stop();
    nothing_runs(&home);

    assert!(
        events(&home, &["state", "--json"]).contains("hello"),
        "the log's tool starts it when it has to"
    );
    nothing_runs(&home);
    let server = Alone::start(&home);
    server.prints(BEN_READS, BEN_IS_TOLD);
    events(&home, &["verify"]);
    server.stop();
    nothing_runs(&home);
}

#[test]
fn a_killed_server_s_postgres_is_taken_over() {
    let folder = TempDir::with_prefix("tenfold-alone-").expect("a temporary folder can be made");
    let home = folder.path().join("home");
    let server = Alone::start(&home);
    server.prints(ANN_COMES, "Success!\nSuccess!\nSuccess!\n");
    server.kill();
    let server = Alone::start(&home);
    server.prints(BEN_READS, BEN_IS_TOLD);
    events(&home, &["verify"]);
    server.stop();
    nothing_runs(&home);
}

#[test]
fn the_last_of_two_takes_it_down() {
    let folder = TempDir::with_prefix("tenfold-alone-").expect("a temporary folder can be made");
    let home = folder.path().join("home");
    let one = Alone::start(&home);
    let other = Alone::start(&home);
    one.prints(ANN_COMES, "Success!\nSuccess!\nSuccess!\n");
    one.stop();
    other.prints(BEN_READS, BEN_IS_TOLD);
    events(&home, &["verify"]);
    other.stop();
    nothing_runs(&home);
}

/// What an application server of that login server connects with.
fn url_of_application_server(login_server: u32) -> String {
    let environment = eventually("an application server runs", || {
        let pid = children_of(login_server, "tenfold-app").into_iter().next()?;
        std::fs::read(format!("/proc/{pid}/environ")).ok()
    });
    let variables = String::from_utf8(environment).expect("it is text");
    let mut urls = variables
        .split('\0')
        .filter_map(|line| line.strip_prefix("TENFOLD_DATABASE="));
    urls.next().expect("it is given one").to_owned()
}

#[test]
fn an_application_server_s_url_opens_neither_secrets_nor_files_nor_the_log_s_past() {
    let folder = TempDir::with_prefix("tenfold-alone-").expect("a temporary folder can be made");
    let home = folder.path().join("home");
    let server = Alone::start(&home);
    let _ann = Person::new(server.address, "ann");
    let url = url_of_application_server(server.process.id());
    for needed in [
        "select * from event",
        "select * from account",
        "insert into presence values (gen_random_uuid())",
    ] {
        assert!(rows_at(&url, needed).is_some(), "{needed}");
    }
    for forbidden in [
        "select * from password",
        "select * from session_secret",
        "select * from enrolment",
        "select * from refused_login",
        "update event set data = '{}'",
        "delete from event",
        "truncate event",
        "update setting set value = 'x'",
        "update instance set state = 'lost'",
        "insert into account values (gen_random_uuid(), 'eve', 1)",
        "update password set hash = 'x'",
        "alter table event add column more text",
        "drop function pass_gate()",
        "create table mine (x int)",
        "create role other",
        "alter role tenfold password 'x'",
        "set role tenfold",
        "set role postgres",
        "select pg_read_file('/etc/hostname')",
        "select pg_ls_dir('.')",
        "select lo_import('/etc/hostname')",
        "copy (select 1) to program 'true'",
        "copy presence from '/etc/hostname'",
        "select rolpassword from pg_authid",
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'tenfold'",
    ] {
        assert!(rows_at(&url, forbidden).is_none(), "{forbidden}");
    }
    let nobody_s = "select * from identify_session((select id from session limit 1), '\\x00')";
    assert_eq!(
        rows_at(&url, nobody_s),
        Some(Vec::new()),
        "whoever has no token learns nothing of a session"
    );
    assert!(!url.contains("postgres://tenfold:"), "it is not the owner's");
    server.stop();
    nothing_runs(&home);
}
