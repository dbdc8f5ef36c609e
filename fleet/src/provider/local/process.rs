//! Processes of this machine, read from `/proc`.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use tenfold_core::ids::InstanceId;

use crate::plan::ProviderRef;
use crate::provider::Machine;

/// A process. Its id alone may be another's one day; with the time it was started it is nobody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pid: u32,
    /// In the kernel's ticks since it was booted.
    started: u64,
}

impl Process {
    /// The process that has that id and has not ended.
    pub fn find(pid: u32) -> Option<Process> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in brackets may hold anything, brackets and blanks too.
        let mut fields = stat[stat.rfind(')')? + 1..].split_whitespace();
        let state = fields.next()?;
        // The start is the 22nd field, the state the third.
        let started = fields.nth(18)?.parse().ok()?;
        (!matches!(state, "Z" | "X")).then_some(Process { pid, started })
    }

    /// The process that is called so, while it runs.
    pub fn referred(reference: &ProviderRef) -> Option<Process> {
        let (pid, started) = reference.0.split_once('@')?;
        let process = Process {
            pid: pid.parse().ok()?,
            started: started.parse().ok()?,
        };
        process.runs().then_some(process)
    }

    /// Its name as a provider's reference.
    pub fn reference(&self) -> ProviderRef {
        ProviderRef(format!("{}@{}", self.pid, self.started))
    }

    /// Whether it has not ended.
    pub fn runs(&self) -> bool {
        Process::find(self.pid).as_ref() == Some(self)
    }

    /// Sends a signal; to a process that is gone, nothing.
    pub fn signal(&self, signal: Signal) {
        if self.runs() {
            let _ = kill(Pid::from_raw(self.pid.cast_signed()), signal);
        }
    }
}

/// The running processes of this user that were started as `name … --instance ID --fleet fleet`.
pub(super) fn of_fleet(name: &Path, fleet: &str) -> io::Result<Vec<Machine>> {
    let own = geteuid().as_raw();
    let mut machines = Vec::new();
    for entry in fs::read_dir("/proc")? {
        // What ends meanwhile is not there.
        let Ok(entry) = entry else { continue };
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if entry.metadata().is_ok_and(|metadata| metadata.uid() == own) {
            machines.extend(machine(pid, name.as_os_str(), fleet));
        }
    }
    machines.sort();
    Ok(machines)
}

fn machine(pid: u32, name: &OsStr, fleet: &str) -> Option<Machine> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let instance = instance_of(&line, name, fleet)?;
    let reference = Process::find(pid)?.reference();
    Some(Machine { instance, reference })
}

fn instance_of(command_line: &[u8], name: &OsStr, fleet: &str) -> Option<InstanceId> {
    let words: Vec<&[u8]> = command_line.split(|byte| *byte == 0).collect();
    // A script is started by its interpreter: its own name is the second word then.
    let is_program = |word: &&[u8]| Path::new(OsStr::from_bytes(word)).file_name() == Some(name);
    let begin = words.iter().take(2).position(is_program)?;
    let value = |option: &str| {
        let at = words[begin..].iter().position(|word| *word == option.as_bytes())?;
        std::str::from_utf8(words[begin..].get(at + 1)?).ok()
    };
    if value("--fleet")? != fleet {
        return None;
    }
    value("--instance")?.parse().ok().map(InstanceId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_found_and_is_no_machine() {
        let own = Process::find(std::process::id()).unwrap();
        assert_eq!(Process::referred(&own.reference()), Some(own));
        let impostor = Process {
            started: own.started + 1,
            ..own
        };
        assert_eq!(Process::referred(&impostor.reference()), None);
        assert_eq!(of_fleet(Path::new("tenfold-app"), "no such fleet").unwrap(), []);
    }

    #[test]
    fn only_the_fleets_own_command_lines_count() {
        let id = "0195e8a0-0000-7000-8000-000000000001";
        let name = OsStr::new("tenfold-app");
        let line = |words: &[&str]| words.join("\0").into_bytes();
        let good = line(&[
            "/x/tenfold-app",
            "--instance",
            id,
            "--fleet",
            "f",
            "--listen",
            "h:0",
            "",
        ]);
        assert_eq!(instance_of(&good, name, "f").unwrap().to_string(), id);
        assert_eq!(instance_of(&good, name, "g"), None);
        for other in [
            line(&["vim", "tenfold-app.rs", "--instance", id, "--fleet", "f"]),
            line(&["tenfold-app", "--fleet", "f", "--instance"]),
            line(&["tenfold-app", "--fleet", "f", "--instance", "me"]),
            Vec::new(),
        ] {
            assert_eq!(instance_of(&other, name, "f"), None);
        }
    }
}
