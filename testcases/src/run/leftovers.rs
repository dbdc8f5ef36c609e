//! Nothing that the tests started runs on: every process of this run carries its mark in its environment.

use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::output::target;
use super::report::Report;
use super::say::say;
use crate::process::signal;
use crate::waiting::within;

/// The variable that `bin/test` gives each run a value of its own in.
const MARK: &str = "TEST_RUN_OF_TENFOLD";
/// A process may need a moment to end after the test that ended it.
const MOMENT: Duration = Duration::from_secs(20);
/// Programs that are not ours and that tests start: brokers with their helpers, the emulator of AWS.
const OTHERS: [&str; 6] = ["beam.smp", "epmd", "erl_child_setup", "inet_gethost", "java", "python3"];

/// Looks for processes of this run, names them and ends them.
pub fn check(report: &Report) {
    let Some(mark) = std::env::var(MARK).ok().filter(|_| Path::new("/proc/self").exists()) else {
        return;
    };
    let gone = within(MOMENT, || leftovers(&mark).is_empty().then_some(()));
    for pid in leftovers(&mark) {
        say(&format!(
            "left running: {pid} {}",
            text(pid, "cmdline").replace('\0', " ")
        ));
        signal(pid, Signal::SIGKILL);
    }
    report.check("nothing is left running", gone.is_some());
}

fn leftovers(mark: &str) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let wanted = format!("{MARK}={mark}");
    pids.filter(|pid| *pid != std::process::id() && may_be_ours(*pid))
        .filter(|pid| text(*pid, "environ").split('\0').any(|variable| variable == wanted))
        .collect()
}

fn may_be_ours(pid: u32) -> bool {
    let Ok(program) = std::fs::read_link(format!("/proc/{pid}/exe")) else {
        return false;
    };
    let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    program.starts_with(target()) || OTHERS.iter().any(|other| name.starts_with(other))
}

fn text(pid: u32, file: &str) -> String {
    let read = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
    String::from_utf8_lossy(&read).into_owned()
}
