//! What the log's own tests have, and the program as people run it.

#[path = "../../../replay/tests/common/mod.rs"]
mod of_replay;
#[allow(dead_code)] // no test uses all of it
pub mod program;

#[allow(unused_imports)] // no test uses all of it
pub use of_replay::*;
