//! The end-to-end tests of Tenfold, and what they stand on.
//!
//! Everything here drives the programs from outside: it starts `tenfold-login`
//! on a database of its own, talks to it through `tenfold-client` or over TCP,
//! and looks at the log with `tenfold-events`. Nothing is shared with the
//! crates under test. What goes wrong in a test's surroundings ends the test
//! with a sentence, so most functions here panic rather than return errors.

pub mod aws;
mod background;
pub mod broker;
pub mod certificates;
pub mod client;
pub mod database;
pub mod dump;
pub mod exchange;
pub mod generator;
pub mod link;
pub mod load;
pub mod log;
pub mod model;
pub mod person;
pub mod pooler;
pub mod postgres;
pub mod process;
pub mod programs;
pub mod random;
pub mod rings;
pub mod run;
pub mod scripts;
pub mod service;
pub mod stream;
pub mod waiting;
pub mod wire;
