//! The log's events one after the other, as they were written.
//!
//! Here nothing is folded and nothing need be understood: an event of a newer build is shown as it stands in the log.

mod filter;
mod latest;
mod people;
mod printer;

pub use filter::{Filter, Reading};
pub use latest::{Latest, last};
pub use printer::{PrintError, Printer};
