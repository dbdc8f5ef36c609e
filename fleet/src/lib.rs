//! The fleet: how many application servers there are, and who is seated where. It knows nothing of commands or passwords.
//!
//! [`reconcile`] looks at what is, [`plan`] says what to do about it, [`provider`] runs the servers; of several login
//! servers the one that holds the fleet ([`membership`]) does all this. [`simulate`] drives the same planner through
//! simulated days.

pub mod change_signal;
mod clock_watch;
pub mod membership;
pub mod plan;
pub mod provider;
pub mod reconcile;
pub mod simulate;
pub mod status;
pub mod take_down;
pub mod view;
