//! A small model of the service, written from the contract alone.
//!
//! It shares no code with the servers, so that a mistake in one is not
//! repeated in the other. It knows nothing of servers, seats or positions:
//! one world in memory, one command after the other.

mod accounts;
mod client;
mod friends;
mod groups;
mod line;
mod posts;
mod snapshot;
mod world;

pub use client::{ModelClient, run_script};
pub use line::{is_command, rest_after, words};
pub use snapshot::same_state;
pub use world::{Answer, Reply, SessionId, Shown, World};
