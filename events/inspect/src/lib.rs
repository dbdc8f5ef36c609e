//! Looking at the log and into its past: the program behind `bin/events`. The servers need nothing of this, and are built without it.

pub mod bisect;
pub mod bundle;
pub mod clock;
pub mod condition;
pub mod count;
pub mod event_kinds;
pub mod explain;
mod explain_text;
pub mod fork;
pub mod gap;
pub mod look_alike;
pub mod moment_argument;
pub mod names;
pub mod near;
pub mod paint;
pub mod past;
pub mod preconditions;
pub mod program;
pub mod raw_event;
pub mod reader;
pub mod resolve;
pub mod row_text;
pub mod tail;
pub mod text;
pub mod travel;
pub mod why;
