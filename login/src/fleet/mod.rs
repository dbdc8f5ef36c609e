//! The fleet: how many application servers there are, and who is seated where.

pub mod plan;
pub mod simulate;
