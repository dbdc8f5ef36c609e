//! Private Postgres clusters for tests.
//!
//! `TENFOLD_TEST_POSTGRES` names a database on a cluster that somebody else
//! (the test script) keeps; without it every test process starts a cluster of
//! its own. A cluster lies in memory-cached files without `fsync`: killing
//! its processes loses nothing, and only a power cut would.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Weak};

use nix::sys::signal::Signal;
use nix::unistd::{Uid, User, chown};

use crate::certificates::Certificate;
use crate::database::{answers, execute};
use crate::process::{is_running, signal};
use crate::waiting::eventually;

/// The variable that names a database of a running cluster.
pub const VARIABLE: &str = "TENFOLD_TEST_POSTGRES";

/// What every test cluster is started with.
const SETTINGS: [&str; 9] = [
    "listen_addresses=127.0.0.1",
    "max_connections=500",
    "fsync=off",
    "synchronous_commit=on",
    "full_page_writes=off",
    "shared_buffers=128MB",
    "max_wal_size=4GB",
    "autovacuum_naptime=10s",
    "log_min_messages=fatal",
];

/// The cluster this process started for itself, while a test holds it.
static OWN: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());

/// A cluster that runs as long as this value lives.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    watcher: Mutex<Option<Child>>,
    _temporary: Option<tempfile::TempDir>,
}

/// The URL of a database from which others can be created, and the cluster
/// that must be held meanwhile.
pub fn shared() -> (String, Option<Arc<Cluster>>) {
    if let Ok(url) = std::env::var(VARIABLE) {
        return (url, None);
    }
    let mut own = OWN.lock().expect("nobody panics while holding it");
    let cluster = own.upgrade().unwrap_or_else(|| Arc::new(Cluster::start()));
    *own = Arc::downgrade(&cluster);
    (cluster.url(), Some(cluster))
}

impl Cluster {
    /// Makes and starts a new cluster in a temporary folder.
    pub fn start() -> Self {
        Self::started(make)
    }

    /// As [`start`](Self::start), but it shows this certificate, and over TCP lets in whom these lines of `pg_hba.conf` name.
    pub fn start_with_tls(certificate: &Certificate, rules: &str) -> Self {
        Self::started(|folder| {
            make(folder);
            let data = folder.join("data");
            for (from, to) in [(&certificate.file, "server.crt"), (&certificate.key, "server.key")] {
                std::fs::copy(from, data.join(to)).expect("a certificate can be copied");
                give_away(&data.join(to));
            }
            let rules = format!("local all all trust\n{rules}\n");
            std::fs::write(data.join("pg_hba.conf"), rules).expect("a file can be written");
            std::fs::write(data.join("postgresql.auto.conf"), "ssl = on\n").expect("a file can be written");
        })
    }

    fn started(make: impl Fn(&Path)) -> Self {
        let temporary = tempfile::Builder::new().prefix("tenfold-postgres-").tempdir();
        let temporary = temporary.expect("a temporary folder can be made");
        give_away(temporary.path());
        make(temporary.path());
        let cluster = Self {
            folder: temporary.path().to_owned(),
            port: free_port(),
            watcher: Mutex::new(None),
            _temporary: Some(temporary),
        };
        cluster.run();
        cluster
    }

    /// Makes and starts a standby of this one, which a commit here waits for from now on.
    pub fn synchronous_standby(&self) -> Self {
        let standby = Self::started(|folder| {
            let mut copy = tool("pg_basebackup");
            copy.args([
                "--dbname",
                &self.url(),
                "--no-sync",
                "--checkpoint=fast",
                "--write-recovery-conf",
                "-D",
            ]);
            run(copy.arg(folder.join("data")));
        });
        // Not copied: once it is the primary, nobody follows it.
        execute(&self.url(), "ALTER SYSTEM SET synchronous_standby_names = '*'").expect("a setting can be changed");
        execute(&self.url(), "SELECT pg_reload_conf()").expect("settings can be read again");
        let synchronous = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'";
        eventually("commits wait for the standby", || {
            execute(&self.url(), synchronous)
                .is_ok_and(|rows| !rows.is_empty())
                .then_some(())
        });
        standby
    }

    /// Makes a standby the primary, and waits until it is.
    pub fn promote(&self) {
        execute(&self.url(), "SELECT pg_promote()").expect("a standby can be promoted");
    }

    /// Whether transactions that begin from now on may only read, those of connections that are there, too.
    pub fn read_only(&self, on: bool) {
        let set = format!("ALTER SYSTEM SET default_transaction_read_only = {on}");
        execute(&self.url(), &set).expect("a setting can be changed");
        execute(&self.url(), "SELECT pg_reload_conf()").expect("settings can be read again");
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The superuser's own database.
    pub fn url(&self) -> String {
        url(self.port)
    }

    /// The same over the cluster's socket, where its superuser comes in without a password and without TLS.
    pub fn socket_url(&self) -> String {
        socket_url(&self.folder, self.port)
    }

    /// Starts the server, on the same port as ever, and waits until it answers.
    pub fn run(&self) {
        eventually("Postgres starts", || {
            let mut watcher = start_watched(&self.folder, self.port);
            let up = wait_until_up(&mut watcher, &self.socket_url());
            *self.watcher.lock().expect("nobody panics while holding it") = Some(watcher);
            up.then_some(())
        });
    }

    /// Kills the server at once, as a crash would; its files stay.
    pub fn kill(&self) {
        let server = server_pid(&self.folder).expect("the cluster runs");
        signal(server, Signal::SIGKILL);
        eventually("Postgres dies", || (!is_running(server)).then_some(()));
        self.reap();
    }

    fn reap(&self) {
        let watcher = self.watcher.lock().expect("nobody panics while holding it").take();
        if let Some(mut watcher) = watcher {
            drop(watcher.stdin.take());
            let _ = watcher.wait();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.reap();
    }
}

/// Whether this machine has the programs of a Postgres server.
pub fn is_installed() -> bool {
    ["initdb", "postgres"].into_iter().all(|name| find_tool(name).is_some())
}

fn url(port: u16) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
}

fn socket_url(folder: &Path, port: u16) -> String {
    let folder = folder.display().to_string().replace('/', "%2F");
    format!("postgres://postgres@{folder}:{port}/postgres")
}

pub(crate) fn give_away(folder: &Path) {
    if let Some(user) = other_user() {
        chown(folder, Some(user.uid), Some(user.gid)).expect("root may give a folder away");
    }
}

/// Lays down the files of a cluster below `folder`.
fn make(folder: &Path) {
    let mut initdb = tool("initdb");
    initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"]);
    run(initdb.args(["--locale=C", "-D"]).arg(folder.join("data")));
}

fn run(command: &mut Command) {
    let done = command.output().expect("Postgres' programs can be run");
    let complaint = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?} failed: {complaint}");
}

fn server_command(folder: &Path, port: u16) -> Command {
    let mut server = tool("postgres");
    server.arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
    server.arg("-p").arg(port.to_string());
    for setting in SETTINGS {
        server.args(["-c", setting]);
    }
    server.stdout(Stdio::null()).stderr(log_file(folder));
    server
}

fn log_file(folder: &Path) -> File {
    let log = File::options().create(true).append(true).open(folder.join("log"));
    log.expect("the cluster's log can be written")
}

/// Stops the server when the shell's own input ends. The shell gives jobs in
/// the background an empty input, so descriptor 3 keeps the real one.
const WATCHER: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(cat <&3 >/dev/null; kill -INT $server) 2>/dev/null &
wait $server
"#;

/// Starts the server behind a shell that stops it when this process is gone,
/// however it went.
fn start_watched(folder: &Path, port: u16) -> Child {
    let server = server_command(folder, port);
    let mut watcher = Command::new("/bin/sh");
    watcher
        .args(["-c", WATCHER, "watcher"])
        .arg(server.get_program())
        .args(server.get_args());
    become_other_user(&mut watcher);
    watcher.current_dir("/").process_group(0);
    watcher
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log_file(folder));
    watcher.spawn().expect("a shell can be started")
}

/// Whether the server answers; not so when it has ended.
fn wait_until_up(server: &mut Child, url: &str) -> bool {
    eventually("Postgres answers", || {
        if server.try_wait().expect("our own child").is_some() {
            return Some(false);
        }
        answers(url).then_some(true)
    })
}

/// The process that the cluster's own file names, while it runs.
fn server_pid(folder: &Path) -> Option<u32> {
    let file = std::fs::read_to_string(folder.join("data/postmaster.pid")).ok()?;
    let pid = file.lines().next()?.trim().parse().ok()?;
    is_running(pid).then_some(pid)
}

/// A program of Postgres, run as somebody who may run it.
fn tool(name: &str) -> Command {
    let mut command = Command::new(tool_path(name));
    become_other_user(&mut command);
    command.current_dir("/");
    command
}

pub(crate) fn become_other_user(command: &mut Command) {
    if let Some(user) = other_user() {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
}

/// Postgres refuses to run as root; the user to run it as instead.
fn other_user() -> Option<User> {
    if !Uid::effective().is_root() {
        return None;
    }
    let known = |name| User::from_name(name).ok().flatten();
    known("postgres").or_else(|| known("nobody"))
}

fn tool_path(name: &str) -> PathBuf {
    find_tool(name).unwrap_or_else(|| {
        panic!("There is no {name} on this machine: install Postgres, or set {VARIABLE} to the URL of a database whose user may create others.")
    })
}

fn find_tool(name: &str) -> Option<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = installed.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let paths = folders.into_iter().map(|folder| folder.join(name));
    paths.into_iter().find(|path| path.is_file())
}

/// A port nobody listens on at this moment.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}
