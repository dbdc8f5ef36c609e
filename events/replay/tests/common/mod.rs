//! What the log's own tests have, and crowds who give commands without a pause.

#[allow(dead_code)] // no test uses all of it
pub mod load;
#[path = "../../../log/tests/common/mod.rs"]
mod of_the_log;

#[allow(unused_imports)] // no test uses all of it
pub use of_the_log::*;
