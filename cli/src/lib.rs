//! How Tenfold's programs read their command lines, and how they end: with one sentence where something is wrong.

mod duration;
mod exit;
mod usage;

pub use duration::duration;
pub use exit::exit;
pub use usage::{UsageError, parse, parse_from};
