//! A whole service under test: a database, a home, and login servers.

use std::collections::BTreeSet;
use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Mutex;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::client::{Finished, Interactive, run_client};
use crate::database::Database;
use crate::log::{self, State};
use crate::process::{Next, children_of, is_called, lines_of, resident_memory, signal, wait_for_end};
use crate::programs;
use crate::waiting::{PATIENCE, eventually, eventually_is};

const APP: &str = "tenfold-app";

/// How the login servers of a service are started.
#[derive(Debug, Clone, Default)]
pub struct Options {
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Options {
    /// The defaults, but that unused servers end soon, as tests need it.
    pub fn new() -> Self {
        Self::default().with("--idle-grace", "500ms")
    }

    /// Adds an option and its value.
    #[must_use]
    pub fn with(mut self, option: &str, value: &str) -> Self {
        self.arguments.extend([option.to_owned(), value.to_owned()]);
        self
    }

    /// Sets several variables of the servers' environment.
    #[must_use]
    pub fn with_variables(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment.extend(variables);
        self
    }

    /// Sets a variable of the servers' environment.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives them to a login server that is to be started.
    pub fn put_into(&self, command: &mut Command) {
        command.args(&self.arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
    }
}

/// One running login server.
#[derive(Debug)]
pub struct LoginServer {
    /// Where it listens.
    pub address: SocketAddr,
    process: Child,
}

impl LoginServer {
    /// Its process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}

/// Everything one test needs, ended with this value.
#[derive(Debug)]
pub struct Service {
    /// The login servers, in the order they were started.
    pub login_servers: Vec<LoginServer>,
    /// The database they share.
    pub database: Database,
    /// The folder they share, for the key of the tokens.
    pub home: TempDir,
    options: Options,
    apps_seen: Mutex<BTreeSet<u32>>,
}

impl Service {
    /// A service on a fresh database, with one login server.
    pub fn start(options: Options) -> Self {
        Self::start_on(Database::fresh(), options)
    }

    /// A service on `database`, with one login server.
    pub fn start_on(database: Database, options: Options) -> Self {
        let mut service = Self {
            login_servers: Vec::new(),
            database,
            home: TempDir::with_prefix("tenfold-home-").expect("a temporary folder can be made"),
            options,
            apps_seen: Mutex::default(),
        };
        service.add_login_server();
        service
    }

    /// Login servers that are started from now on are started so.
    pub fn start_others_with(&mut self, options: Options) {
        self.options = options;
    }

    /// Starts one more login server on any port and waits until it listens.
    pub fn add_login_server(&mut self) -> SocketAddr {
        self.add_login_server_at(0)
    }

    /// Starts one more login server on `port` and waits until it listens.
    pub fn add_login_server_at(&mut self, port: u16) -> SocketAddr {
        let mut command = self.login_server_command(port);
        let log = File::options().create(true).append(true).open(self.log_path());
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(log.expect("the server's log can be written"));
        let mut process = command.spawn().expect("tenfold-login can be started");
        let output = lines_of(process.stdout.take().expect("its output is a pipe"));
        let address = match output.next(PATIENCE) {
            Next::Line(line) => listening_address(&line).unwrap_or_else(|| panic!("the login server printed {line:?}")),
            other => panic!("the login server said nothing ({other:?}):\n{}", self.log_tail()),
        };
        self.login_servers.push(LoginServer { address, process });
        address
    }

    fn login_server_command(&self, port: u16) -> Command {
        let mut command = programs::command("tenfold-login");
        command.args(["127.0.0.1", &port.to_string()]);
        command
            .args(["--database", &self.database.url, "--home"])
            .arg(self.home.path());
        let (variable, key) = programs::MASTER_KEY;
        command.env(variable, key);
        self.options.put_into(&mut command);
        command
    }

    /// Has a login server end the fleet instead of serving; what it said.
    pub fn end_fleet(&self) -> Output {
        let mut command = self.login_server_command(0);
        command.arg("--end-fleet").stdin(Stdio::null());
        command.output().expect("tenfold-login can be started")
    }

    /// The address of the first login server.
    pub fn address(&self) -> SocketAddr {
        self.login_servers[0].address
    }

    /// Runs a client on the whole of `script`.
    pub fn run_client(&self, script: &str) -> Finished {
        run_client(self.address(), script)
    }

    /// A client that is told one line after the other.
    pub fn client(&self) -> Interactive {
        Interactive::start(self.address())
    }

    /// What `tenfold-events state` says now.
    pub fn state(&self) -> State {
        log::state(&self.database.url)
    }

    /// Waits until the state, looked at in one way, is as `wanted`.
    pub fn wait_for<T: PartialEq + std::fmt::Debug>(&self, what: &str, wanted: &T, look: impl Fn(&State) -> T) {
        eventually_is(what, wanted, || look(&self.state()));
    }

    /// Folds the log and compares it with the projections.
    ///
    /// # Panics
    /// Where they differ, with the differences.
    pub fn verify(&self) {
        log::verify(&self.database.url);
    }

    /// The application servers that are children of the login servers now.
    pub fn app_pids(&self) -> Vec<u32> {
        let servers = self.login_servers.iter().map(|server| server.process.id());
        let apps: Vec<u32> = servers.flat_map(|pid| children_of(pid, APP)).collect();
        self.apps_seen
            .lock()
            .expect("nobody panics while holding it")
            .extend(&apps);
        apps
    }

    /// The memory of all servers together, in bytes.
    pub fn resident_memory(&self) -> u64 {
        let login = self.login_servers.iter().map(|server| server.process.id());
        login.chain(self.surviving_apps()).map(resident_memory).sum()
    }

    /// Every application server seen so far that still runs, whoever its parent is now.
    pub fn surviving_apps(&self) -> Vec<u32> {
        self.app_pids();
        let seen = self.apps_seen.lock().expect("nobody panics while holding it");
        seen.iter().copied().filter(|pid| is_called(*pid, APP)).collect()
    }

    /// Kills the login server with that index at once, and forgets it.
    pub fn kill_login_server(&mut self, index: usize) {
        self.app_pids();
        let mut server = self.login_servers.remove(index);
        server.process.kill().expect("our own child can be killed");
        server.process.wait().expect("our own child can be waited for");
    }

    /// Asks the login server with that index to stop, and waits until it has.
    pub fn stop_login_server(&mut self, index: usize) -> ExitStatus {
        self.app_pids();
        let mut server = self.login_servers.remove(index);
        signal(server.process.id(), Signal::SIGTERM);
        wait_for_end(&mut server.process, "the login server")
    }

    /// Stops every login server and sees that no application server is left.
    pub fn stop(&mut self) {
        while !self.login_servers.is_empty() {
            let status = self.stop_login_server(0);
            assert!(
                status.success(),
                "a login server ended with {status}:\n{}",
                self.log_tail()
            );
        }
        eventually("no application server is left", || {
            self.surviving_apps().is_empty().then_some(())
        });
    }

    /// The last lines the servers wrote to standard error.
    pub fn log_tail(&self) -> String {
        let log = std::fs::read(self.log_path()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }

    /// Everything the application servers wrote to standard error.
    pub fn app_log_path(&self) -> PathBuf {
        self.home.path().join("log").join("app.log")
    }

    /// Everything the login servers wrote to standard error.
    pub fn log_path(&self) -> PathBuf {
        self.home.path().join("test-servers.log")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The servers' last words:\n{}", self.log_tail());
        }
        self.app_pids();
        for server in &self.login_servers {
            signal(server.process.id(), Signal::SIGTERM);
        }
        for server in &mut self.login_servers {
            end(&mut server.process);
        }
        for pid in self.surviving_apps() {
            signal(pid, Signal::SIGKILL);
        }
    }
}

/// Waits a while for a process that was asked to stop, then kills it.
fn end(process: &mut Child) {
    for _ in 0..200 {
        if process.try_wait().is_ok_and(|status| status.is_some()) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    eprintln!("A login server did not stop within ten seconds and was killed.");
    let _ = process.kill();
    let _ = process.wait();
}

/// Where a login server listens, from the line that it prints then.
pub fn listening_address(line: &str) -> Option<SocketAddr> {
    line.trim_end().strip_prefix("tenfold: listening on ")?.parse().ok()
}
