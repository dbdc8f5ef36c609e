//! Where the programs under test are.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The master key of the services under test, and of the tools that look at their logs.
pub const MASTER_KEY: (&str, &str) = (
    "TENFOLD_MASTER_KEY",
    "0707070707070707070707070707070707070707070707070707070707070707",
);

/// A program of this workspace, by its file name.
///
/// Looked for in `TENFOLD_BIN_DIR`, else in the folder of the running program
/// and in the one above that (`target/debug` for a test in `target/debug/deps`).
///
/// # Panics
/// Where the program is not there, saying how to build it.
pub fn path(name: &str) -> PathBuf {
    find(name).unwrap_or_else(|folder| {
        let folder = folder.display();
        panic!(
            "The program {name} is not in {folder}: build it with `cargo build --workspace`, or say where it is with TENFOLD_BIN_DIR."
        )
    })
}

/// The same.
///
/// # Errors
/// The folder, where it is not there.
pub fn find(name: &str) -> Result<PathBuf, PathBuf> {
    let folders: Vec<PathBuf> = match std::env::var_os("TENFOLD_BIN_DIR") {
        Some(folder) => vec![folder.into()],
        None => {
            let running = std::env::current_exe().expect("a running program knows its path");
            running.ancestors().skip(1).take(2).map(Path::to_owned).collect()
        }
    };
    let paths = folders.iter().map(|folder| folder.join(name));
    let found = paths.into_iter().find(|path| path.is_file());
    found.ok_or_else(|| folders.last().cloned().unwrap_or_default())
}

/// A command that starts the program `name`, without any `TENFOLD_` settings
/// or database of the surroundings.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(path(name));
    for (variable, _) in std::env::vars_os() {
        let known = variable.to_string_lossy();
        if known.starts_with("TENFOLD_") || known == "DATABASE_URL" {
            command.env_remove(variable);
        }
    }
    command
}
