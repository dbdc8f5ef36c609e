//! The rules of the house: what may depend on what, between crates and between files; the words; what the documents say.

use std::path::{Path, PathBuf};

#[path = "house/circles.rs"]
mod circles;
#[path = "house/commands.rs"]
mod commands;
#[path = "house/crates.rs"]
mod crates;
#[path = "house/modules.rs"]
mod modules;
#[path = "house/walks.rs"]
mod walks;
#[path = "house/words.rs"]
mod words;

/// The project's folder.
fn root() -> PathBuf {
    let testcases = Path::new(env!("CARGO_MANIFEST_DIR"));
    testcases.parent().expect("testcases lies in the project").to_owned()
}
