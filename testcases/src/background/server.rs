//! A server's process: watched so that it ends with us, and ended with all
//! it has started.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::family;
use crate::waiting::eventually;

/// Kills the server when the shell's own input ends, and says which process
/// the server is: their programs become the server by `exec`. The
/// shell gives jobs in the background an empty input, so descriptor 3 keeps
/// the real one.
const WATCHER: &str = r#"
exec 3<&0
pid_file=$1
shift
"$@" </dev/null 3<&- &
server=$!
echo $server >"$pid_file.new" && mv "$pid_file.new" "$pid_file"
(cat <&3 >/dev/null; kill -KILL $server) 2>/dev/null &
wait $server
"#;

/// A server behind a shell that kills it when this process is gone, however
/// it went.
#[derive(Debug)]
pub struct Watched {
    watcher: Child,
    pid: u32,
}

impl Watched {
    /// Starts `server`, whose output is added to the log in `folder`.
    pub fn start(folder: &Path, server: &Command) -> Self {
        let _ = std::fs::remove_file(pid_file(folder));
        let mut watcher = Command::new("/bin/sh");
        watcher
            .args(["-c", WATCHER, "watcher"])
            .arg(pid_file(folder))
            .arg(server.get_program())
            .args(server.get_args());
        for (name, value) in server.get_envs() {
            watcher.env(name, value.unwrap_or_default());
        }
        watcher.stdin(Stdio::piped());
        let watcher = in_background(folder, &mut watcher);
        let pid = eventually("the server has a process", || read_pid(folder));
        Self { watcher, pid }
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether the server has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.watcher.try_wait().expect("our own child").is_some()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Only while the watcher lives is the number surely the server's.
        if !self.has_ended() {
            family::end(self.pid);
        }
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}

/// All that the server has said.
pub fn log(folder: &Path) -> String {
    let log = std::fs::read(folder.join("log.txt")).unwrap_or_default();
    String::from_utf8_lossy(&log).into_owned()
}

fn in_background(folder: &Path, command: &mut Command) -> Child {
    let log = File::options().create(true).append(true).open(folder.join("log.txt"));
    let log = log.expect("the server's log can be written");
    let same = log.try_clone().expect("a file can be opened twice");
    command.current_dir(folder).process_group(0).stdout(log).stderr(same);
    command.spawn().expect("the server's program can be started")
}

fn pid_file(folder: &Path) -> PathBuf {
    folder.join("pid.txt")
}

fn read_pid(folder: &Path) -> Option<u32> {
    std::fs::read_to_string(pid_file(folder)).ok()?.trim().parse().ok()
}
