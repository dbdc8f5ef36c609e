//! The planner: from what is, what to do.
//!
//! [`plan`] is a pure function: no clock, no I/O, no randomness. The reconciler makes a
//! [`FleetView`] of the projection, the provider's list and the heartbeats, and carries out the
//! [`Action`]s; [`crate::simulate`] drives the same functions through simulated days.
//!
//! The rules, in the order they are applied; each sees the fleet as the ones before leave it:
//! 1. what the provider runs for nobody is ended;
//! 2. an instance that stopped answering or is gone is lost, one that never became ready is ended;
//! 3. a draining server whose users have left is ended;
//! 4. where the users fit on fewer servers, and have for the settle time, the emptiest is drained;
//! 5. users of draining servers move to free seats that nobody waits for;
//! 6. a server that was empty for the idle grace is ended, unless its seats are wanted;
//! 7. those who wait, and the spare seats, get the servers that are missing.

mod hysteresis;
mod model;
mod planner;
mod policy;

#[cfg(test)]
mod tests;

pub use hysteresis::SettleTimer;
pub use model::{
    Action, AtProvider, FailedStarts, FleetView, InstanceState, InstanceView, LostReason, ProviderRef, TerminateReason,
};
pub use planner::{demand, has_surplus, plan, seats_to_hope_for};
pub use policy::Policy;
