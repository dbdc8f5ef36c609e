//! The processes of a running Postgres: found by the file the postmaster leaves in its data folder, and told from other
//! processes that have got the same number since.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::error::PrivatePostgresError;
use super::layout::Layout;

const STEP: Duration = Duration::from_millis(10);

/// The postmaster of `layout`'s data, if it runs.
pub(super) fn postmaster(layout: &Layout) -> Option<Pid> {
    let pid = noted_pid(layout)?;
    is_ours(pid, layout).then_some(pid)
}

/// After a `kill -9` or a power cut the postmaster's file is left behind. Postgres looks only whether such a process exists; where
/// it is certainly another one (or a zombie), or where a full disk or a power cut has left the file without a number, it is removed, or
/// Postgres would refuse to start.
pub(super) fn forget_dead(layout: &Layout) -> Result<(), PrivatePostgresError> {
    let noted = noted_pid(layout);
    if noted.is_some_and(|pid| command_line(pid).contains("postgres") && !lives_elsewhere(pid, layout)) {
        return Ok(());
    }
    if noted.is_none() {
        // One that runs without its file would be in the way.
        end_orphans(layout);
    }
    let file = layout.data().join("postmaster.pid");
    match fs::remove_file(&file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(PrivatePostgresError::folder(&file)(error)),
        _ => Ok(()),
    }
}

/// Ends what a killed postmaster left behind: its children hold the shared memory until they notice, and one in the middle of a
/// long statement notices late.
pub(super) fn end_orphans(layout: &Layout) {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .map(Pid::from_raw);
    for pid in pids.filter(|pid| is_ours(*pid, layout)) {
        let _ = kill(pid, Signal::SIGQUIT);
    }
}

/// Sends `signal` and waits until the process is gone; false when it still lives after `patience`.
pub(super) fn end(pid: Pid, layout: &Layout, signal: Signal, patience: Duration) -> bool {
    if kill(pid, signal) == Err(Errno::ESRCH) {
        return true;
    }
    let began = Instant::now();
    while is_ours(pid, layout) {
        if began.elapsed() > patience {
            return false;
        }
        std::thread::sleep(STEP);
    }
    true
}

fn noted_pid(layout: &Layout) -> Option<Pid> {
    let text = fs::read_to_string(layout.data().join("postmaster.pid")).ok()?;
    text.lines()
        .next()?
        .trim()
        .parse()
        .ok()
        .filter(|pid| *pid > 1)
        .map(Pid::from_raw)
}

/// The cluster's name stands in the command line of the postmaster and in the titles of its children; a zombie has none.
fn is_ours(pid: Pid, layout: &Layout) -> bool {
    let command_line = command_line(pid);
    command_line.contains("postgres") && command_line.contains(&layout.cluster_name())
}

/// True where the system tells us the folder a process is in, and it is not our data.
fn lives_elsewhere(pid: Pid, layout: &Layout) -> bool {
    let Ok(data) = fs::canonicalize(layout.data()) else {
        return false;
    };
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|folder| folder != data)
}

/// Empty for a process that is not there.
fn command_line(pid: Pid) -> String {
    if Path::new("/proc/self/cmdline").exists() {
        let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        return String::from_utf8_lossy(&bytes).replace('\0', " ");
    }
    let mut ps = Command::new("ps");
    ps.args(["-ww", "-o", "command=", "-p", &pid.to_string()])
        .stdin(Stdio::null());
    ps.output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default()
}
