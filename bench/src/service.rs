//! A running login server, with the application servers it starts.

use std::collections::BTreeSet;
use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tenfold_testcases::process::{children_of, is_called, signal};
use tenfold_testcases::service::listening_address;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout};

use crate::broker::Broker;
use crate::failure::Failure;
use crate::programs::{self, APP, LOGIN};
use crate::stage::Stage;

/// How long the login server may take until it listens, and until it has ended.
const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(15);
const STEP: Duration = Duration::from_millis(20);
/// Between two looks at a fleet that is to shrink.
const LOOK: Duration = Duration::from_millis(10);

/// What an application server says when it is connected with the broker, and when it is not.
const THROUGH_THE_BROKER: &str = "delivering messages through";
const WITHOUT_THE_BROKER: &str = "delivering through Postgres";
/// Warnings, and those two sentences.
const LOG: &str = "warn,tenfold_broker=info";

/// Nobody is given up in the middle of a measurement, nor held up by a quota.
const UNHURRIED: [&str; 8] = [
    "--seat-hold",
    "1h",
    "--session-ttl",
    "2h",
    "--messages-per-minute",
    "1000000000",
    "--bytes-per-hour",
    "1000GiB",
];

/// A login server and its fleet, ended with this value.
pub struct Service {
    /// Where it listens.
    pub address: SocketAddr,
    process: Child,
    pid: u32,
    log: PathBuf,
    app_log: PathBuf,
    /// Held open: who prints into a pipe that nobody holds is ended by it.
    _output: BufReader<ChildStdout>,
}

impl Service {
    /// Starts a login server on the stage's database and waits until it listens.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn start(stage: &Stage, options: &[&str]) -> Result<Service, Failure> {
        Service::start_with(stage, options, None).await
    }

    /// The same, with messages that go through `broker`.
    ///
    /// # Errors
    /// Where it does not listen.
    pub async fn start_with(stage: &Stage, options: &[&str], broker: Option<&Broker>) -> Result<Service, Failure> {
        let log = stage.home().join("servers.log");
        let mut process = spawn(stage, options, broker, &log)?;
        let pid = process.id().unwrap_or_default();
        let output = process
            .stdout
            .take()
            .ok_or_else(|| Failure::NotListening("nothing".into()))?;
        let mut output = BufReader::new(output);
        let mut line = String::new();
        let read = tokio::time::timeout(START, output.read_line(&mut line)).await;
        let address = read.is_ok().then(|| listening_address(&line)).flatten();
        let address = address.ok_or_else(|| Failure::NotListening(last_line(&log)))?;
        Ok(Service {
            address,
            process,
            pid,
            log,
            app_log: stage.home().join("log").join("app.log"),
            _output: output,
        })
    }

    /// The application servers that run now.
    pub fn apps(&self) -> Vec<u32> {
        children_of(self.pid, APP)
    }

    /// Waits until there are so many application servers.
    ///
    /// # Errors
    /// [`Failure::TooLate`].
    pub async fn wait_for_apps(&self, wanted: usize) -> Result<(), Failure> {
        let deadline = Instant::now() + START;
        while self.apps().len() != wanted {
            if Instant::now() > deadline {
                let what = format!(
                    "waiting for {wanted} application servers (there are {})",
                    self.apps().len()
                );
                return Err(Failure::TooLate {
                    what,
                    seconds: START.as_secs(),
                });
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Waits until so many application servers have said that their messages go through the broker.
    ///
    /// # Errors
    /// [`Failure::TooLate`].
    pub async fn wait_for_broker(&self, servers: usize) -> Result<(), Failure> {
        let deadline = Instant::now() + START;
        while self.times_said(THROUGH_THE_BROKER) < servers {
            if Instant::now() > deadline {
                let last = last_line(&self.app_log);
                return Err(Failure::TooLate {
                    what: format!(
                        "waiting for the application servers to use the broker; the last they said was: {last}"
                    ),
                    seconds: START.as_secs(),
                });
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Whether some messages were delivered through Postgres although there is a broker.
    pub fn did_without_broker(&self) -> bool {
        self.times_said(WITHOUT_THE_BROKER) > 0
    }

    fn times_said(&self, words: &str) -> usize {
        let said = std::fs::read_to_string(&self.app_log).unwrap_or_default();
        said.matches(words).count()
    }

    /// The last the servers wrote into their log.
    pub fn last_words(&self) -> String {
        last_line(&self.log)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let apps: BTreeSet<u32> = self.apps().into_iter().collect();
        signal(self.pid, Signal::SIGTERM);
        let deadline = Instant::now() + STOP;
        while matches!(self.process.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                tenfold_cli::tell(&format!(
                    "tenfold-bench: the login server did not stop within {} seconds and was killed",
                    STOP.as_secs()
                ));
                signal(self.pid, Signal::SIGKILL);
                break;
            }
            std::thread::sleep(STEP);
        }
        for app in apps.into_iter().filter(|app| is_called(*app, APP)) {
            signal(app, Signal::SIGKILL);
        }
    }
}

fn spawn(stage: &Stage, options: &[&str], broker: Option<&Broker>, log: &PathBuf) -> Result<Child, Failure> {
    let errors = File::options().create(true).append(true).open(log);
    let errors = errors.map_err(Failure::system(format!("{} cannot be written", log.display())))?;
    let mut command = programs::command(LOGIN)?;
    command
        .args(["127.0.0.1", "0", "--database", stage.url(), "--log", LOG, "--home"])
        .arg(stage.home())
        .envs(broker.map(|broker| ("TENFOLD_BROKER", broker.url())));
    command
        .args(UNHURRIED)
        .args(options)
        .stdout(Stdio::piped())
        .stderr(errors);
    command
        .spawn()
        .map_err(Failure::system("tenfold-login cannot be started"))
}

fn last_line(log: &PathBuf) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines()
        .rfind(|line| !line.trim().is_empty())
        .unwrap_or("nothing")
        .to_owned()
}
