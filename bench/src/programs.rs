//! Our own programs, beside the running one.

use std::path::PathBuf;
use std::process::Stdio;

use tenfold_testcases::programs;
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
    programs::find(name).map_err(|folder| Failure::NoProgram { name, folder })
}

/// A command that starts a program of this workspace without any settings of the surroundings, ended when it is
/// dropped, and in a process group of its own: Ctrl-C reaches us, and we end what we started in the right order.
///
/// # Errors
/// [`Failure::NoProgram`].
pub fn command(name: &'static str) -> Result<Command, Failure> {
    path(name)?;
    let mut command = Command::from(programs::command(name));
    command.stdin(Stdio::null()).kill_on_drop(true).process_group(0);
    Ok(command)
}
