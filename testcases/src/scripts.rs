//! The scripts under `testcases/scripts`.

use std::path::{Path, PathBuf};

/// A script people would type, and what it must print.
#[derive(Debug, Clone)]
pub struct Script {
    /// The file name without its ending.
    pub name: String,
    /// What is typed.
    pub input: String,
    /// What must be printed.
    pub output: String,
    /// It says something of everybody's affairs, so others' must not be there.
    pub needs_fresh_database: bool,
}

/// Every script, by name.
pub fn all() -> Vec<Script> {
    let fresh = read(&folder().join("needs-fresh-database"));
    let files = std::fs::read_dir(folder())
        .expect("the scripts' folder is there")
        .flatten();
    let inputs = files
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|e| e == "in"));
    let mut scripts: Vec<_> = inputs.map(|path| load(&path, &fresh)).collect();
    scripts.sort_by(|one, other| one.name.cmp(&other.name));
    scripts
}

fn load(input: &Path, fresh: &str) -> Script {
    let name = input
        .file_stem()
        .expect("it ends in .in")
        .to_string_lossy()
        .into_owned();
    Script {
        input: read(input),
        output: std::fs::read_to_string(input.with_extension("out")).unwrap_or_default(),
        needs_fresh_database: fresh.lines().any(|line| line == name),
        name,
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
