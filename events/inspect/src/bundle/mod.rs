//! Bundles: the few events that a question is about, in a file that stands by itself. It can be taken to another machine,
//! looked into there, and kept as a test case: what this build makes of the events is compared with what the build that
//! wrote the file made of them.

mod expect;
mod file;
mod rename;
mod select;
mod streams;

pub use expect::{expected, fold};
pub use file::{Bundle, BundleError, FORMAT, Header, Writer, read};
pub use rename::Renaming;
pub use select::{Subject, Wanted, select};
