//! The application server: it carries out the twelve commands of the users who sit on it, and pushes to them what is
//! for them.
//!
//! A line's way: [`conversation`] finds out which command it is and whose, [`commands`] carries it out, [`attaching`]
//! answers the words by which clients ask for pushes. [`delivery`] reads the log for everybody who is attached.
//! [`lifeline`] keeps the server known to be alive.

pub mod app;
pub mod arguments;
pub mod attaching;
pub mod commands;
pub mod conversation;
pub mod delivery;
#[cfg(feature = "enrol")]
pub mod enrol;
pub mod identity;
pub mod lifeline;
pub mod served;
pub mod server;
