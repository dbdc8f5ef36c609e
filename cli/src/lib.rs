//! How Tenfold's programs read their command lines, and how they end: with one sentence where something is wrong.

mod duration;
mod environment;
mod exit;
mod log_filter;
mod port_range;
mod signals;
mod size;
mod tell;
mod usage;

pub use duration::{duration, duration_text};
pub use environment::{check_environment, is_known};
pub use exit::{exit, status_of_signal};
pub use log_filter::log_filter;
pub use port_range::PortRange;
pub use signals::{ending_signals, first_signal, signal_name};
pub use size::size;
pub use tell::tell;
pub use usage::{UsageError, parse, parse_from};
