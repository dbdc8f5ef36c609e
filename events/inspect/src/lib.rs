//! Looking at the log and into its past: the program behind `bin/events`. The servers need nothing of this, and are built without it.

pub mod bisect;
pub mod bundle;
pub mod concerning;
pub mod condition;
pub mod explain;
pub mod fork;
pub mod moment_argument;
pub mod paint;
pub mod past;
pub mod premises;
pub mod program;
pub mod tail;
pub mod travel;
pub mod who;
pub mod words;
