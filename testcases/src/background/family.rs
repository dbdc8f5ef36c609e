//! A process and all it has started: ended together.

use nix::sys::signal::Signal;

use crate::process::{is_running, signal};
use crate::waiting::eventually;

/// Kills a process and waits until it and all it has started are gone.
pub fn end(pid: u32) {
    let helpers = descendants_of(pid);
    kill(pid);
    // Most helpers notice that their server is gone; here all are ended.
    helpers.into_iter().for_each(kill);
}

fn kill(pid: u32) {
    signal(pid, Signal::SIGKILL);
    eventually("a killed process is gone", || (!is_running(pid)).then_some(()));
}

/// Children, their children, and so on.
fn descendants_of(pid: u32) -> Vec<u32> {
    let parents = parents();
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        let children = parents.iter().filter(|(_, of)| *of == parent);
        found.extend(children.map(|(child, _)| *child));
        next += 1;
    }
    found.split_off(1)
}

/// Every process with its parent.
fn parents() -> Vec<(u32, u32)> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, parent_of(pid)?))).collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    parent.trim().parse().ok()
}
