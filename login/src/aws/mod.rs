//! What everything that speaks to AWS shares: how it is reached, and the marks of this fleet there.

pub mod connection;
pub mod marks;
