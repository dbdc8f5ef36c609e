//! How Tenfold's programs read their command lines, and how they end: with one sentence where something is wrong.

mod duration;
mod exit;
mod signals;
mod tell;
mod usage;

pub use duration::duration;
pub use exit::exit;
pub use signals::{ending_signals, signal_name};
pub use tell::tell;
pub use usage::{UsageError, parse, parse_from};
