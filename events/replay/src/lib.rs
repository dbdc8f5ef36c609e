//! Folding over the log: the state at a position, rebuilding the projections, verifying them, and the history index. No server is
//! built with it.

mod collision;
pub mod fold;
pub mod history;
pub mod keyless;
pub mod rebuild;
pub mod state;
pub mod verify;
