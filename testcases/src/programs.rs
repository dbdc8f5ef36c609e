//! Where the programs under test are.

use std::path::PathBuf;
use std::process::Command;

/// A program of this workspace, by its file name.
///
/// Looked for in `TENFOLD_BIN_DIR`, else two folders above the running test
/// (`target/debug` for a test in `target/debug/deps`).
///
/// # Panics
/// Where the program is not there, saying how to build it.
pub fn path(name: &str) -> PathBuf {
    let folder = folder();
    let program = folder.join(name);
    assert!(
        program.is_file(),
        "The program {name} is not in {}: build it with `cargo build --workspace`, or say where it is with TENFOLD_BIN_DIR.",
        folder.display()
    );
    program
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

fn folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("TENFOLD_BIN_DIR") {
        return PathBuf::from(folder);
    }
    let test = std::env::current_exe().expect("a running program knows its path");
    let folder = test.parent().and_then(|deps| deps.parent());
    folder.expect("a test lies in target/PROFILE/deps").to_owned()
}
