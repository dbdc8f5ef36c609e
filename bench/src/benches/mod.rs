//! The benchmarks, one each.

pub mod commands;
pub mod fleet;
pub mod memory;
pub mod messages;
pub mod reads;
pub mod rebuild;
pub mod rounds;
pub mod scaleup;
pub mod travel;
