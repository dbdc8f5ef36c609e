//! Up: as many servers as those who wait need, and no more.

use super::action::Action;
use super::policy::Policy;
use super::view::{FleetView, InstanceView};

/// Launches what the wanted seats need beyond the free and the coming ones.
pub(super) fn launch(fleet: &[InstanceView], view: &FleetView, policy: &Policy) -> Option<Action> {
    if view.failed_starts.last_ago < policy.launch_pause(&view.failed_starts) {
        return None;
    }
    let wanted = view.users_waiting.saturating_add(policy.spare_seats);
    let missing = wanted.saturating_sub(seats_at_hand(fleet));
    let room = policy
        .max_instances
        .map_or(usize::MAX, |most| most.saturating_sub(fleet.len()));
    let count = missing.div_ceil(policy.seats.max(1)).min(room);
    (count > 0).then_some(Action::Launch { count })
}

/// Free seats on open servers and all seats of those that start.
fn seats_at_hand(fleet: &[InstanceView]) -> usize {
    fleet
        .iter()
        .filter(|instance| instance.is_open() || instance.is_starting())
        .map(InstanceView::free_seats)
        .sum()
}

/// The seats that those who wait can hope for: free ones, coming ones, and those of servers that
/// may still be launched; `None` where there is no limit. A login that finds more users waiting
/// before it than this is told that no server is free.
///
/// Draining servers count as ended: they end soon.
pub fn seats_to_hope_for(view: &FleetView, policy: &Policy) -> Option<usize> {
    let most = policy.max_instances?;
    let staying = view
        .instances
        .iter()
        .filter(|instance| instance.is_open() || instance.is_starting())
        .count();
    let may_be_launched = most.saturating_sub(staying);
    Some(
        may_be_launched
            .saturating_mul(policy.seats)
            .saturating_add(seats_at_hand(&view.instances)),
    )
}
