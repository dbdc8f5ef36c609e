//! The emulator's process: LocalStack's runtime on a port of its own, with all its files in a folder of its own. It looks at each call of
//! the programs under test before (`aws/emulator.py`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tempfile::TempDir;

use super::account::Account;
use super::by_hand;
use crate::background::{ports, server};
use crate::waiting::eventually;

/// The variable that names a running emulator by its URL.
pub const VARIABLE: &str = "TENFOLD_TEST_AWS";

/// The variable that names the Python in whose environment the emulator was installed.
const PYTHON: &str = "TENFOLD_TEST_AWS_PYTHON";
/// Where `bin/test` installs it, below the build's folder.
const INSTALLED: &str = "aws-emulator/bin/python";
/// What is installed there.
const PARTS: [&str; 2] = ["localstack.runtime.main", "policy_sentry"];
/// What is run there.
pub(super) const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/aws/emulator.py");

/// How long the emulator may take to answer anything, also the first question to a part of it that is not loaded yet.
const ANSWER: Duration = Duration::from_secs(120);

/// The emulator this process started for itself, while a test holds it.
static OWN: Mutex<Weak<Emulator>> = Mutex::new(Weak::new());

/// An emulator of our own. It ends with this value, and with the process that holds it, however that went.
#[derive(Debug)]
pub struct Emulator {
    url: String,
    /// Ends before its folder.
    server: server::Watched,
    folder: TempDir,
}

impl Emulator {
    /// Starts an emulator that knows nothing yet, and waits until it answers.
    ///
    /// # Panics
    /// Where it is not installed, or does not start.
    pub fn start() -> Self {
        let folder = TempDir::with_prefix("tenfold-aws-").expect("a temporary folder can be made");
        let (url, server) = eventually("the AWS emulator starts", || {
            let port = ports::free();
            let mut server = server::Watched::start(folder.path(), &command(folder.path(), port));
            let url = url(port);
            wait_until_up(&url, folder.path(), || server.has_ended()).then_some((url, server))
        });
        Self { url, server, folder }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where its files lie, while this value lives.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }
}

/// The emulator that all tests of this process share, by its URL; and itself, when this process runs it.
pub(super) fn shared() -> (String, Option<Arc<Emulator>>) {
    if let Ok(url) = std::env::var(VARIABLE) {
        return (url, None);
    }
    let mut own = OWN.lock().expect("nobody panics while holding it");
    let emulator = own.upgrade().unwrap_or_else(|| Arc::new(Emulator::start()));
    *own = Arc::downgrade(&emulator);
    (emulator.url().to_owned(), Some(emulator))
}

/// Whether this machine can run the emulator.
pub fn is_installed() -> bool {
    let mut finds_it = Command::new(python());
    finds_it.args([
        "-c",
        &format!("import importlib.util as u; assert all(map(u.find_spec, {PARTS:?}))"),
    ]);
    finds_it.output().is_ok_and(|output| output.status.success())
}

/// The Python in whose environment it is installed, where that is so.
pub fn python() -> PathBuf {
    if let Some(given) = std::env::var_os(PYTHON) {
        return PathBuf::from(given);
    }
    // A program of the build lies in target/PROFILE, a test in target/PROFILE/deps.
    let program = std::env::current_exe().expect("a running program knows its path");
    let places = program.ancestors().map(|folder| folder.join(INSTALLED));
    places
        .into_iter()
        .find(|python| python.is_file())
        .unwrap_or_else(|| INSTALLED.into())
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn command(folder: &Path, port: u16) -> Command {
    let python = python();
    assert!(
        python.is_file(),
        "The AWS emulator is not installed: bin/test does that, or name a Python that has it in {PYTHON}, or the URL of a running one in \
         {VARIABLE}."
    );
    let mut command = Command::new(python);
    command
        .arg(PROGRAM)
        .arg(folder)
        .env("GATEWAY_SERVER", "hypercorn")
        .env("GATEWAY_LISTEN", format!("127.0.0.1:{port}"))
        .env("LOCALSTACK_VOLUME_DIR", folder.join("volume"))
        .env("FILESYSTEM_ROOT", folder.join("files"))
        .env("TMPDIR", folder)
        .env("HOME", folder)
        // It fetches nothing, tells nobody, and does not answer for names on port 53.
        .env("SKIP_SSL_CERT_DOWNLOAD", "1")
        .env("SKIP_INFRA_DOWNLOADS", "1")
        .env("DISABLE_EVENTS", "1")
        .env("DNS_ADDRESS", "0")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Whether the emulator answers; not so when it has ended. The parts of it that tests use are loaded then: no test's own
/// deadline is to meet that.
fn wait_until_up(url: &str, folder: &Path, mut has_ended: impl FnMut() -> bool) -> bool {
    let is_up = eventually("the AWS emulator answers", || {
        if has_ended() {
            eprintln!("The AWS emulator ended while it started:\n{}", server::log(folder));
            return Some(false);
        }
        by_hand::get(url, "/_localstack/health", Duration::from_secs(5))
            .ok()
            .map(|_| true)
    });
    if is_up {
        Account::at(url).load(ANSWER);
    }
    is_up
}
