//! The application server: it carries out the twelve commands of the users who sit on it, and pushes to them what is
//! for them.
//!
//! [`commands`] takes a request from its first check to its reply, [`attaching`] answers the words by which clients ask for
//! pushes. [`delivery`] reads the log for every session that is attached. [`heartbeat`] keeps the server known to be alive.

pub mod app;
pub mod arguments;
pub mod attaching;
pub mod commands;
pub mod delivery;
#[cfg(feature = "enrol")]
pub mod enrol;
pub mod heartbeat;
pub mod quotas;
pub mod server;
