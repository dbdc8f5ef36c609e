//! Our own programs, beside the running one.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::Command;

use crate::failure::Failure;

/// The login server.
pub const LOGIN: &str = "tenfold-login";
/// The application server.
pub const APP: &str = "tenfold-app";
/// The log's tool.
pub const EVENTS: &str = "tenfold-events";

/// A program of this workspace, from `TENFOLD_BIN_DIR` or the folder of the running program.
///
/// # Errors
/// [`Failure::NoProgram`].
pub fn path(name: &'static str) -> Result<PathBuf, Failure> {
    let folder = folder()?;
    let program = folder.join(name);
    if program.is_file() {
        Ok(program)
    } else {
        Err(Failure::NoProgram { name, folder })
    }
}

/// A command that starts a program of this workspace without any settings of the surroundings, ended when it is
/// dropped, and in a process group of its own: Ctrl-C reaches us, and we end what we started in the right order.
///
/// # Errors
/// [`Failure::NoProgram`].
pub fn command(name: &'static str) -> Result<Command, Failure> {
    let mut command = Command::new(path(name)?);
    for (variable, _) in std::env::vars_os() {
        let known = variable.to_string_lossy();
        if known.starts_with("TENFOLD_") || known == "DATABASE_URL" {
            command.env_remove(variable);
        }
    }
    command.stdin(Stdio::null()).kill_on_drop(true).process_group(0);
    Ok(command)
}

fn folder() -> Result<PathBuf, Failure> {
    if let Some(folder) = std::env::var_os("TENFOLD_BIN_DIR") {
        return Ok(PathBuf::from(folder));
    }
    let running = std::env::current_exe().map_err(Failure::system("this program cannot find itself"))?;
    Ok(running.parent().map(ToOwned::to_owned).unwrap_or_default())
}
