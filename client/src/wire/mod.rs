//! Lines to and from one server.

pub mod buffer;
pub mod connection;
pub mod incoming;
pub mod outgoing;
pub mod pulse;
