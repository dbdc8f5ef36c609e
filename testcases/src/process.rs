//! Processes: started, watched, and ended by their number.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::waiting::eventually;

/// The lines that come from `source`, read by a thread of their own.
pub fn lines_of(source: impl Read + Send + 'static) -> Lines {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(source);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let text = String::from_utf8_lossy(&line);
            let text = text.strip_suffix('\n').unwrap_or(&text).to_owned();
            if sender.send(text).is_err() {
                break;
            }
            line.clear();
        }
    });
    Lines { lines }
}

/// Lines as they come.
#[derive(Debug)]
pub struct Lines {
    lines: Receiver<String>,
}

/// What waiting for a line brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// A line, without its end.
    Line(String),
    /// The time was over.
    Nothing,
    /// There will be none any more.
    Ended,
}

impl Lines {
    /// The next line, if it comes in time.
    pub fn next(&self, within: Duration) -> Next {
        match self.lines.recv_timeout(within) {
            Ok(line) => Next::Line(line),
            Err(RecvTimeoutError::Timeout) => Next::Nothing,
            Err(RecvTimeoutError::Disconnected) => Next::Ended,
        }
    }
}

/// Sends a signal to one process; one that is gone already is no error.
pub fn signal(pid: u32, signal: Signal) {
    let _ = kill(Pid::from_raw(pid.cast_signed()), signal);
}

/// Whether a process lives; one that has ended and waits for its parent does not.
pub fn is_running(pid: u32) -> bool {
    stat(pid).is_some_and(|stat| !matches!(stat.state, 'Z' | 'X'))
}

/// The running processes called `name` that `parent` has started.
pub fn children_of(parent: u32, name: &str) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mine = |pid: &u32| {
        let stat = stat(*pid);
        stat.is_some_and(|s| s.parent == parent && s.name == name && is_running(*pid))
    };
    pids.filter(mine).collect()
}

/// Whether `pid` runs and is called `name`.
pub fn is_called(pid: u32, name: &str) -> bool {
    stat(pid).is_some_and(|stat| stat.name == name) && is_running(pid)
}

/// The running processes that have `folder` among their arguments or in their environment.
pub fn processes_of(folder: &Path) -> Vec<u32> {
    let folder = folder.to_string_lossy().into_owned();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let says = |pid: u32, file: &str| {
        let text = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        String::from_utf8_lossy(&text).contains(&folder)
    };
    pids.filter(|pid| is_running(*pid) && (says(*pid, "cmdline") || says(*pid, "environ")))
        .collect()
}

/// Waits until `child` has ended by itself.
pub fn wait_for_end(child: &mut Child, what: &str) -> ExitStatus {
    eventually(&format!("{what} ends"), || child.try_wait().expect("our own child"))
}

/// What the kernel says of a process.
struct Stat {
    name: String,
    state: char,
    parent: u32,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (start, end) = (text.find('(')?, text.rfind(')')?);
    let mut fields = text[end + 1..].split_whitespace();
    Some(Stat {
        name: text[start + 1..end].to_owned(),
        state: fields.next()?.chars().next()?,
        parent: fields.next()?.parse().ok()?,
    })
}

/// The memory a process holds, in bytes.
pub fn resident_memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or_default() * 1024
}

/// How many files this process may have open.
pub fn open_files_allowed() -> u64 {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(256)
}
