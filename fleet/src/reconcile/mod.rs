//! The reconciler: looks at what is, has the planner say what to do, and has it done.
//!
//! The [`Executor`] records in the log and has the provider launch and end; each pass of the [`Reconciler`] looks, plans,
//! carries out the [actions](crate::plan::Action) and sweeps up what time has done.

mod carry_out;
mod executor;
mod reconciler;
mod sweep;

pub use executor::{Executor, Recorded};
pub use reconciler::{Reconciler, Revive};
pub use sweep::Limits;
