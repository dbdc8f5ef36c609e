//! The planner: from what is, what to do.
//!
//! [`plan`] is a pure function: no clock, no I/O, no randomness. The reconciler makes a
//! [`FleetView`] of the projection, the provider's list and the heartbeats, and carries out the
//! [`Action`]s; [`crate::simulate`] drives the same functions through simulated days.
//!
//! The rules, in the order they are applied; each sees the fleet as the ones before leave it:
//! 1. what the provider runs for nobody is ended (`faults`);
//! 2. an instance that stopped answering or is gone is lost, one that never became ready is ended;
//! 3. a draining server whose users have left is ended (`shrink`);
//! 4. where the users fit on fewer servers, and have for the settle time, the emptiest is drained;
//! 5. users of draining servers move to free seats that nobody waits for;
//! 6. a server that was empty for the idle grace is ended, unless its seats are wanted;
//! 7. those who wait, and the spare seats, get the servers that are missing (`grow`).

mod action;
mod faults;
mod grow;
mod policy;
mod settle;
mod shrink;
mod view;

#[cfg(test)]
mod tests;

pub use action::{Action, LostReason, TerminateReason};
pub use grow::seats_to_hope_for;
pub use policy::Policy;
pub use settle::SettleTimer;
pub use view::{AtProvider, FailedStarts, FleetView, InstanceState, InstanceView, ProviderRef};

/// What to do about the fleet as it is. The order of `view`'s lists does not matter.
pub fn plan(view: &FleetView, policy: &Policy) -> Vec<Action> {
    let wanted = view.users_waiting.saturating_add(policy.spare_seats);
    let (mut actions, mut fleet) = mend(view, policy);
    if view.surplus_for.is_some_and(|held| held >= policy.drain_settle) {
        actions.extend(drain_surplus(&mut fleet, view, policy));
    }
    if policy.moves {
        actions.extend(shrink::move_users(&mut fleet, wanted));
    }
    actions.extend(shrink::end_idle(&mut fleet, wanted, policy));
    actions.extend(grow::launch(&fleet, view, policy));
    actions
}

/// Whether a server could be drained right now. Feed it to a [`SettleTimer`], and that into
/// [`FleetView::surplus_for`], which is not looked at here.
pub fn has_surplus(view: &FleetView, policy: &Policy) -> bool {
    let (_, mut fleet) = mend(view, policy);
    !drain_surplus(&mut fleet, view, policy).is_empty()
}

/// Rules 1 to 3; answers what is left of the fleet, the oldest instance first.
fn mend(view: &FleetView, policy: &Policy) -> (Vec<Action>, Vec<InstanceView>) {
    let mut fleet = view.instances.clone();
    fleet.sort_by_key(|instance| instance.id);
    let mut actions = faults::end_orphans(view);
    actions.extend(faults::end_failed(&mut fleet, policy));
    actions.extend(shrink::end_drained(&mut fleet, policy));
    (actions, fleet)
}

/// Rule 4. While users wait, or a server starts that somebody has asked for, the fleet is growing.
fn drain_surplus(fleet: &mut [InstanceView], view: &FleetView, policy: &Policy) -> Vec<Action> {
    let grows = view.users_waiting > 0 || fleet.iter().any(InstanceView::is_starting);
    if grows || !policy.moves {
        return Vec::new();
    }
    shrink::drain(fleet, policy.spare_seats.saturating_add(policy.drain_slack))
}
