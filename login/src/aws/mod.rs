//! What everything that speaks to AWS shares: how it is reached, and the marks of this fleet there.

#[cfg(feature = "ec2")]
pub mod connection;
pub mod marks;
