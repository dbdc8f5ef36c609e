//! Running commands whose output is repeated here.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Long enough for the tests on two slow cores, short enough that a command that hangs is told from one that works.
const LIMIT: &str = "1800";

/// The project's folder.
pub fn root() -> PathBuf {
    let testcases = Path::new(env!("CARGO_MANIFEST_DIR"));
    testcases.parent().expect("testcases lies in the project").to_owned()
}

/// The folder of the build that this program is of, and of what `bin/test` installs beside it.
pub fn target() -> PathBuf {
    let program = std::env::current_exe().expect("a running program knows its path");
    let target = program.parent().and_then(Path::parent);
    target.expect("a program lies in target/PROFILE").to_owned()
}

/// A command in the project's folder, ended when it takes too long where the system has a program for that.
pub fn command(program: impl AsRef<Path>, arguments: &[&str]) -> Command {
    let mut command = if Path::new("/usr/bin/timeout").is_file() {
        let mut command = Command::new("/usr/bin/timeout");
        command.args(["--kill-after=30", LIMIT]).arg(program.as_ref());
        command
    } else {
        Command::new(program.as_ref())
    };
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}

/// A command of cargo.
pub fn cargo(arguments: &[&str]) -> Command {
    command("cargo", arguments)
}

/// Whether a command can be run and succeeds, without its output.
pub fn succeeds(mut command: Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Runs a command and gives every line of its output, of both kinds in the order they came, to `line`; whether it succeeded.
pub fn each_line(mut command: Command, mut line: impl FnMut(&str)) -> bool {
    let (reader, writer) = std::io::pipe().expect("the system has pipes");
    let same = writer.try_clone().expect("a pipe can be opened twice");
    let child = command.stdout(writer).stderr(same).spawn();
    // With it go our ends of the pipe, or it would never end.
    drop(command);
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            line(&format!("it cannot be started: {error}"));
            return false;
        }
    };
    for text in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
        line(&String::from_utf8_lossy(&text));
    }
    child.wait().is_ok_and(|status| status.success())
}

/// Prints a title and what stands under it, not mixed with what others print.
pub fn print_block(title: &str, text: &str) {
    let mut output = std::io::stdout().lock();
    let _ = writeln!(output, "\n== {title}\n{}", text.trim_end());
}
