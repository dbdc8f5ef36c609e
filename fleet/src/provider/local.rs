//! Application servers as child processes on this machine.
//!
//! A process is known by its command line (program, instance and fleet), so that a login server that comes after the
//! one that launched it finds it again; its reference is its id and the time it was started, which no other process
//! ever has.

mod process;

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use nix::sys::signal::Signal;
use tenfold_core::ids::InstanceId;
use tenfold_core::words::without_code;
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use super::{GRACE, Machine, Provider, ProviderError};
use crate::plan::ProviderRef;
use process::Process;

/// The program of an application server, which lies beside this one.
pub const PROGRAM: &str = "tenfold-app";
/// How often a process that is ending is looked at.
const POLL_EVERY: Duration = Duration::from_millis(10);

/// Starts and ends processes.
#[derive(Clone)]
pub struct Local {
    /// The application server's program.
    pub program: PathBuf,
    /// What tells this fleet's processes from any other's.
    pub fleet: String,
    /// Where they listen: the host of this login server.
    pub host: String,
    /// The ports of which each takes the first that is free; any port where there are none.
    pub ports: Option<RangeInclusive<u16>>,
    /// What they are told by their environment, where other users do not see it: names and values.
    pub environment: Vec<(String, String)>,
    /// Where they log it.
    pub log_file: PathBuf,
    /// Notified when a child has ended.
    pub ended: Arc<Notify>,
}

/// The application server's program beside the running one.
///
/// # Errors
/// A sentence, where it is not there.
pub fn find_program() -> Result<PathBuf, ProviderError> {
    let own = std::env::current_exe().map_err(|error| {
        ProviderError::other(format!(
            "this program cannot find its own path ({}): start it by its full path",
            without_code(&error.to_string())
        ))
    })?;
    let program = own.with_file_name(PROGRAM);
    if program.is_file() {
        Ok(program)
    } else {
        Err(ProviderError::other(format!(
            "{} is missing: build it with `cargo build -p {PROGRAM}`, or start with bin/server",
            program.display()
        )))
    }
}

impl Local {
    fn start(&self, instance: InstanceId) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .args(["--instance", &instance.to_string(), "--fleet", &self.fleet])
            .args(["--listen", &listen_on(&self.host)])
            .args(
                self.ports
                    .iter()
                    .flat_map(|ports| ["--ports".to_owned(), format!("{}-{}", ports.start(), ports.end())]),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            // What a program says that does not come to write its log.
            .stderr(open_log(&self.log_file)?)
            // An interrupt on the terminal is for the login server, which then ends its fleet in good order.
            .process_group(0);
        self.set_environment(&mut command);
        command.spawn()
    }

    /// Of our own settings none is handed on by chance: the key of the tokens may be among them.
    fn set_environment(&self, command: &mut Command) {
        for (variable, _) in std::env::vars_os().filter(|(variable, _)| is_setting(variable)) {
            command.env_remove(variable);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("TENFOLD_LOG_FILE", &self.log_file);
    }

    /// Waits for the child in the background, so that it does not stay behind as a zombie.
    fn watch(&self, instance: InstanceId, mut child: Child) {
        let provider = self.clone();
        tokio::spawn(async move {
            match child.wait().await {
                Ok(status) if status.success() => tracing::debug!(%instance, "an application server ended"),
                Ok(status) => {
                    tracing::warn!(%instance, %status, log = %provider.log_file.display(), "an application server ended");
                }
                Err(error) => tracing::warn!(%instance, %error, "an application server cannot be waited for"),
            }
            provider.ended.notify_one();
        });
    }
}

impl Provider for Local {
    fn launch(&self, instance: InstanceId) -> BoxFuture<'_, Result<ProviderRef, ProviderError>> {
        Box::pin(async move {
            let child = self.start(instance).map_err(|error| {
                let program = self.program.display();
                ProviderError::other(format!(
                    "{program} cannot be started ({error}): check that it exists and may be run"
                ))
            })?;
            let reference = child.id().and_then(Process::find).map(|process| process.reference());
            self.watch(instance, child);
            reference.ok_or_else(|| ProviderError::other("it ended as soon as it was started"))
        })
    }

    fn terminate<'a>(&'a self, reference: &'a ProviderRef) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            let Some(process) = Process::referred(reference) else {
                return Ok(());
            };
            if process.asked_to_end(Signal::SIGTERM, GRACE).await || process.asked_to_end(Signal::SIGKILL, GRACE).await
            {
                return Ok(());
            }
            let pid = reference.0.as_str();
            Err(ProviderError::other(format!(
                "process {pid} does not end, not even when killed"
            )))
        })
    }

    fn outlives_login_servers(&self) -> bool {
        false
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<Machine>, ProviderError>> {
        let (name, fleet) = (self.program.file_name().map(PathBuf::from), self.fleet.clone());
        Box::pin(async move {
            let scan = move || process::of_fleet(name.as_deref().unwrap_or(Path::new(PROGRAM)), &fleet);
            let scanned = tokio::task::spawn_blocking(scan).await;
            let scanned = scanned.map_err(|error| ProviderError::other(error.to_string()))?;
            scanned.map_err(|error| ProviderError::other(format!("the processes in /proc cannot be read ({error})")))
        })
    }
}

impl Process {
    /// Sends `signal` and says whether the process is gone `within` that time.
    async fn asked_to_end(&self, signal: Signal, within: Duration) -> bool {
        self.signal(signal);
        let deadline = Instant::now() + within;
        while self.runs() {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(POLL_EVERY).await;
        }
        true
    }
}

fn listen_on(host: &str) -> String {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.contains(':') {
        format!("[{bare}]:0")
    } else {
        format!("{bare}:0")
    }
}

/// Whether a variable is one of ours.
fn is_setting(variable: &OsStr) -> bool {
    variable == "DATABASE_URL" || variable.as_encoded_bytes().starts_with(b"TENFOLD_")
}

fn open_log(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::conformance;

    #[test]
    fn every_kind_of_host_can_be_listened_on() {
        assert_eq!(listen_on("0.0.0.0"), "0.0.0.0:0");
        assert_eq!(listen_on("::1"), "[::1]:0");
        assert_eq!(listen_on("[::]"), "[::]:0");
    }

    /// A program that ignores what it is told and stays until it is ended.
    fn a_program(folder: &Path, script: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let program = folder.join(PROGRAM);
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
        program
    }

    fn provider(folder: &Path, script: &str) -> Local {
        Local {
            program: a_program(folder, script),
            fleet: uuid::Uuid::new_v4().to_string(),
            host: "127.0.0.1".into(),
            ports: None,
            environment: vec![("TENFOLD_LOG".into(), "info".into())],
            log_file: folder.join("app.log"),
            ended: Arc::default(),
        }
    }

    const OBEDIENT: &str = "#!/bin/sh\ntrap 'exit 0' TERM\nwhile :; do sleep 0.05; done\n";
    const STUBBORN: &str = "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.05; done\n";

    #[test]
    fn our_own_settings_are_known() {
        for (variable, is_ours) in [
            ("TENFOLD_TOKEN_KEY", true),
            ("TENFOLD_BROKER", true),
            ("DATABASE_URL", true),
            ("PATH", false),
            ("SSL_CERT_FILE", false),
        ] {
            assert_eq!(is_setting(OsStr::new(variable)), is_ours, "{variable}");
        }
    }

    #[tokio::test]
    async fn local_conforms() {
        let folder = tempfile::tempdir().unwrap();
        conformance::suite(|fleet| Local {
            fleet,
            ..provider(folder.path(), OBEDIENT)
        })
        .await;
    }

    #[tokio::test]
    async fn who_does_not_end_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let local = provider(folder.path(), STUBBORN);
        let reference = local.launch(InstanceId(uuid::Uuid::now_v7())).await.unwrap();
        // The trap is set as soon as the script has begun; a signal before that ends it, which is as well.
        local.terminate(&reference).await.unwrap();
        assert_eq!(local.list().await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_child_that_ends_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let local = provider(folder.path(), "#!/bin/sh\nexit 3\n");
        // Whether it was seen running or not is a matter of luck.
        let _ = local.launch(InstanceId(uuid::Uuid::now_v7())).await;
        tokio::time::timeout(Duration::from_secs(10), local.ended.notified())
            .await
            .unwrap();
        assert_eq!(local.list().await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_missing_program_is_said_so() {
        let folder = tempfile::tempdir().unwrap();
        let mut local = provider(folder.path(), OBEDIENT);
        local.program = folder.path().join("nowhere").join(PROGRAM);
        let error = local.launch(InstanceId(uuid::Uuid::now_v7())).await.unwrap_err();
        assert!(error.to_string().contains("cannot be started"), "{error}");
    }
}
