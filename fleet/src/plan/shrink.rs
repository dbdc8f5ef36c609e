//! Down: servers that nobody uses end, and users who would fit on fewer servers come together.

use std::cmp::Reverse;
use std::time::Duration;

use tenfold_core::ids::InstanceId;

use super::action::{Action, TerminateReason};
use super::policy::Policy;
use super::view::{InstanceState, InstanceView};

/// Ends draining servers whose users have left, once their clients have had time to follow.
pub(super) fn end_drained(fleet: &mut Vec<InstanceView>, policy: &Policy) -> Vec<Action> {
    let is_done = |instance: &InstanceView| {
        instance.state == InstanceState::Draining && is_idle_for(instance, policy.drain_linger)
    };
    let done: Vec<_> = fleet
        .iter()
        .filter(|instance| is_done(instance))
        .map(|instance| instance.id)
        .collect();
    terminate(fleet, &done, TerminateReason::Drained)
}

/// Ends servers that have been empty for the idle grace, the youngest first, as long as the others
/// have the `wanted` free seats. Seats of starting servers do not count: they are not there yet.
pub(super) fn end_idle(fleet: &mut Vec<InstanceView>, wanted: usize, policy: &Policy) -> Vec<Action> {
    let mut idle: Vec<_> = fleet
        .iter()
        .filter(|instance| instance.is_open() && is_idle_for(instance, policy.idle_grace))
        .collect();
    idle.sort_by_key(|instance| Reverse(instance.id));
    let mut free = free_seats(fleet);
    let mut done = Vec::new();
    for instance in idle {
        if free.saturating_sub(instance.seats) >= wanted {
            free -= instance.seats;
            done.push(instance.id);
        }
    }
    terminate(fleet, &done, TerminateReason::Idle)
}

/// Moves the users of draining servers to free seats, except those seats that are `wanted` by others.
pub(super) fn move_users(fleet: &mut [InstanceView], wanted: usize) -> Vec<Action> {
    let mut spendable = free_seats(fleet).saturating_sub(wanted);
    let leaving: Vec<_> = fleet
        .iter()
        .filter(|instance| instance.state == InstanceState::Draining)
        .map(|instance| instance.id)
        .collect();
    let mut actions = Vec::new();
    for from in leaving {
        let moved = move_from(fleet, from, spendable, &mut actions);
        spendable -= moved;
    }
    actions
}

/// Drains servers, the emptiest first, as long as their users fit on the other servers in use and
/// `must_stay_free` seats are left over. All are chosen before anybody moves, so that nobody moves twice.
pub(super) fn drain(fleet: &mut [InstanceView], must_stay_free: usize) -> Vec<Action> {
    let mut actions = Vec::new();
    while let Some(emptiest) = next_to_drain(fleet, must_stay_free) {
        fleet[emptiest].state = InstanceState::Draining;
        actions.push(Action::Drain {
            instance: fleet[emptiest].id,
        });
    }
    actions
}

/// Where in `fleet` the next server to drain is. Empty servers are left out on both sides: they end
/// by the idle grace, and to move users onto one would leave as many servers as before.
fn next_to_drain(fleet: &[InstanceView], must_stay_free: usize) -> Option<usize> {
    let in_use = || {
        fleet
            .iter()
            .enumerate()
            .filter(|(_, instance)| instance.is_open() && instance.users > 0)
    };
    let (index, emptiest) = in_use().min_by_key(|(_, instance)| (instance.users, Reverse(instance.id)))?;
    let free_in_use: usize = in_use().map(|(_, instance)| instance.free_seats()).sum();
    let free_beside_it = |free: usize| free - emptiest.free_seats();
    // Users of the servers that drain already are first in line for these seats.
    let draining = fleet
        .iter()
        .filter(|instance| instance.state == InstanceState::Draining);
    let movers = emptiest.users + draining.map(|instance| instance.users).sum::<usize>();
    let they_fit = movers <= free_beside_it(free_in_use);
    let enough_is_left = movers.saturating_add(must_stay_free) <= free_beside_it(free_seats(fleet));
    (they_fit && enough_is_left).then_some(index)
}

/// Moves at most `most` users of `from` to the fullest servers that can take them; answers how many.
fn move_from(fleet: &mut [InstanceView], from: InstanceId, most: usize, actions: &mut Vec<Action>) -> usize {
    let mut targets: Vec<_> = fleet
        .iter()
        .filter(|instance| instance.is_open())
        .map(|instance| (instance.id, instance.occupancy()))
        .collect();
    targets.sort_by_key(|(_, occupancy)| occupancy.preference());
    let users = fleet
        .iter()
        .find(|instance| instance.id == from)
        .map_or(0, |instance| instance.users);
    let mut left = users.min(most);
    let before = left;
    for (to, occupancy) in targets {
        let count = left.min(occupancy.free());
        if count > 0 {
            actions.push(Action::MoveUsers { from, to, count });
            shift(fleet, from, to, count);
            left -= count;
        }
    }
    before - left
}

fn shift(fleet: &mut [InstanceView], from: InstanceId, to: InstanceId, count: usize) {
    for instance in fleet.iter_mut() {
        if instance.id == from {
            instance.users -= count;
        } else if instance.id == to {
            instance.users += count;
            instance.idle_for = None;
        }
    }
}

fn free_seats(fleet: &[InstanceView]) -> usize {
    fleet
        .iter()
        .filter(|instance| instance.is_open())
        .map(InstanceView::free_seats)
        .sum()
}

fn is_idle_for(instance: &InstanceView, least: Duration) -> bool {
    instance.users == 0 && instance.idle_for.is_some_and(|idle| idle >= least)
}

fn terminate(fleet: &mut Vec<InstanceView>, done: &[InstanceId], reason: TerminateReason) -> Vec<Action> {
    fleet.retain(|instance| !done.contains(&instance.id));
    done.iter()
        .map(|&instance| Action::Terminate { instance, reason })
        .collect()
}
