//! What cannot be told stops nobody: servers whose log is closed, full, or read by nobody.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::process::{Child, ChildStderr, Stdio};

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tenfold_testcases::client::run_client;
use tenfold_testcases::database::Database;
use tenfold_testcases::process::{Next, lines_of, signal, wait_for_end};
use tenfold_testcases::programs;
use tenfold_testcases::service::listening_address;
use tenfold_testcases::waiting::{PATIENCE, eventually};

/// A login server with a standard error of the test's choice.
struct Told {
    process: Child,
    address: SocketAddr,
    home: TempDir,
    _database: Database,
}

impl Told {
    /// It logs as much as it can. `prepare` is given its home before it starts.
    fn start(standard_error: Stdio, prepare: impl Fn(&TempDir)) -> Told {
        let home = TempDir::with_prefix("tenfold-told-").expect("a temporary folder can be made");
        prepare(&home);
        let database = Database::fresh();
        let mut command = programs::command("tenfold-login");
        command.args([
            "127.0.0.1",
            "0",
            "--log",
            "trace",
            "--database",
            &database.url,
            "--home",
        ]);
        command
            .arg(home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(standard_error);
        let mut process = command.spawn().expect("tenfold-login can be started");
        let lines = lines_of(process.stdout.take().expect("a pipe"));
        let Next::Line(line) = lines.next(PATIENCE) else {
            panic!("it did not begin to listen");
        };
        Told {
            process,
            address: listening_address(&line).expect("it says where"),
            home,
            _database: database,
        }
    }

    fn standard_error(&mut self) -> ChildStderr {
        self.process.stderr.take().expect("a pipe")
    }

    /// Somebody comes, needs a server, and says so much that any pipe is full of what is logged of it.
    fn serves(&self) {
        let posts = "post ann hello\n".repeat(300);
        let finished = run_client(
            self.address,
            format!("register ann pw\nlogin ann pw\n{posts}logout ann\n"),
        );
        assert_eq!(finished.output, "Success!\n".repeat(302) + "Bye!\n");
    }

    fn ends(mut self) {
        signal(self.process.id(), Signal::SIGTERM);
        let status = wait_for_end(&mut self.process, "the login server");
        assert!(status.success(), "{status}");
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_closed_standard_error_stops_nobody() {
    let mut server = Told::start(Stdio::piped(), |_| ());
    drop(server.standard_error());
    server.serves();
    server.ends();
}

#[test]
fn a_standard_error_that_nobody_reads_stops_nobody() {
    let mut server = Told::start(Stdio::piped(), |_| ());
    let _unread = server.standard_error();
    server.serves();
    server.ends();
}

#[test]
fn a_full_disk_under_the_logs_stops_nobody() {
    let full = || {
        File::options()
            .write(true)
            .open("/dev/full")
            .expect("every Linux has it")
    };
    let server = Told::start(full().into(), |home| {
        fs::create_dir(home.path().join("log")).expect("our own folder");
        symlink("/dev/full", home.path().join("log/app.log")).expect("our own folder");
    });
    server.serves();
    server.ends();
}

#[test]
fn a_full_log_of_the_application_servers_is_put_aside() {
    let server = Told::start(Stdio::null(), |home| {
        fs::create_dir(home.path().join("log")).expect("our own folder");
        let log = File::create(home.path().join("log/app.log")).expect("our own folder");
        log.set_len(17 << 20).expect("room for a hole");
    });
    server.serves();
    let log = server.home.path().join("log");
    assert_eq!(
        fs::metadata(log.join("app.log.1")).expect("it is put aside").len(),
        17 << 20
    );
    eventually("the new one is written", || {
        fs::metadata(log.join("app.log"))
            .is_ok_and(|log| log.len() > 0)
            .then_some(())
    });
    server.ends();
}
