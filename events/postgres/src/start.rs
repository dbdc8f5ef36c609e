//! Starting Postgres on data that is there, through `pg_ctl`, which gives it a session of its own (so that a Ctrl-C in our terminal,
//! or our death, is none of its concern) and waits until it takes connections.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::access;
use super::account::Account;
use super::address::{Address, is_free};
use super::error::PrivatePostgresError;
use super::layout::{Layout, write_whole};
use super::network::Network;
use super::process;
use super::programs::Programs;
use super::settings;

/// After a crash Postgres first replays what it wrote since its last checkpoint: two gigabytes at most.
const RECOVERY_SECONDS: u32 = 600;
/// How long ports and orphans may be in the way.
const PATIENCE: Duration = Duration::from_secs(30);
const STEP: Duration = Duration::from_millis(100);
const LOG_LIMIT_BYTES: u64 = 16 * 1024 * 1024;

/// Starts it at `address`, or at another port if that one is taken, and returns where it listens. The lock of the home is held.
pub(super) fn start(
    layout: &Layout,
    account: &Account,
    programs: &Programs,
    mut address: Address,
    network: Option<&Network>,
) -> Result<Address, PrivatePostgresError> {
    process::forget_dead(layout)?;
    bound_log(layout);
    if let Some(network) = network {
        network.write(layout, account)?;
    }
    access::write_rules(layout, account, network.is_some())?;
    let socket = access::socket_folder(layout, account)?;
    address = address.at_socket(socket.clone());
    let is_free = |port| network.is_none_or(|network| is_free(network.address, port));
    let began = Instant::now();
    loop {
        if !is_free(address.port) {
            address = address.elsewhere();
        }
        address.write(layout)?;
        write_settings(layout, &socket, address.port, network)?;
        let Some(said) = attempt(layout, account, programs)? else {
            return Ok(address);
        };
        let orphans = said.contains("shared memory block");
        if orphans {
            process::end_orphans(layout);
        }
        if (!orphans && is_free(address.port)) || began.elapsed() > PATIENCE {
            return Err(failure(layout, &said));
        }
        std::thread::sleep(STEP);
    }
}

fn write_settings(
    layout: &Layout,
    socket: &Path,
    port: u16,
    network: Option<&Network>,
) -> Result<(), PrivatePostgresError> {
    let file = layout.settings();
    // From the data's folder, where Postgres is: what is long, or has to be quoted, is left out.
    let socket = match socket.strip_prefix(&layout.cluster) {
        Ok(inside) => Path::new("..").join(inside),
        Err(_) => socket.to_owned(),
    };
    write_whole(&file, &settings::text(&socket, port, network), 0o644).map_err(PrivatePostgresError::folder(&file))
}

/// One try. Nothing when it runs, else what it wrote to its log. All paths are relative: `pg_ctl` hands them to a shell.
fn attempt(layout: &Layout, account: &Account, programs: &Programs) -> Result<Option<String>, PrivatePostgresError> {
    let log_before = fs::metadata(layout.log()).map(|metadata| metadata.len()).unwrap_or(0);
    let program = programs.pg_ctl();
    let mut command = account.command(&program);
    command.current_dir(&layout.cluster).process_group(0);
    command.args(["start", "--wait", "--silent", "--pgdata=data", "--log=log/postgres.log"]);
    command.arg(format!("--timeout={RECOVERY_SECONDS}"));
    command.arg(format!(
        "--options=-c config_file=postgresql.conf -c cluster_name={}",
        layout.cluster_name()
    ));
    let output = command
        .output()
        .map_err(|source| PrivatePostgresError::Program { program, source })?;
    if output.status.success() {
        return Ok(None);
    }
    let mut said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.push_str(&log_since(layout, log_before));
    Ok(Some(said))
}

fn failure(layout: &Layout, said: &str) -> PrivatePostgresError {
    if said.contains("No space left on device") {
        return PrivatePostgresError::DiskFull {
            folder: layout.cluster.clone(),
        };
    }
    let fatal = said
        .lines()
        .rev()
        .find_map(|line| line.split_once("FATAL:").map(|(_, text)| text));
    let reason = fatal
        .or(said.lines().last())
        .unwrap_or("it ended without a message")
        .trim()
        .to_owned();
    PrivatePostgresError::StartFailed {
        reason,
        log: layout.log(),
    }
}

fn log_since(layout: &Layout, position: u64) -> String {
    let mut bytes = Vec::new();
    let read = fs::File::open(layout.log()).and_then(|mut file| {
        file.seek(SeekFrom::Start(position))?;
        file.take(1 << 20).read_to_end(&mut bytes)
    });
    read.map(|_| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}

/// The log of a service that lives long must not fill the disk: a long one is copied and emptied, for Postgres, which appends to
/// it, keeps it open.
pub(super) fn bound_log(layout: &Layout) {
    let log = layout.log();
    if fs::metadata(&log).is_ok_and(|metadata| metadata.len() > LOG_LIMIT_BYTES) {
        // On a full disk there is no copy.
        let _ = fs::copy(&log, log.with_extension("log.old"));
        let _ = fs::OpenOptions::new()
            .write(true)
            .open(&log)
            .and_then(|file| file.set_len(0));
    }
}
