//! The rules, one after the other, each on the fleet as the ones before leave it.

use std::cmp::Reverse;
use std::time::Duration;

use tenfold_core::ids::InstanceId;

use super::model::{Action, AtProvider, FleetView, InstanceState, InstanceView, LostReason, TerminateReason};
use super::policy::Policy;

/// What to do about the fleet as it is. The order of `view`'s lists does not matter.
pub fn plan(view: &FleetView, policy: &Policy) -> Vec<Action> {
    let wanted = view.users_waiting.saturating_add(policy.spare_seats);
    let (mut actions, mut fleet) = mend(view, policy);
    let has_failed_start = has_failed_start(view, &actions);
    if view.surplus_for.is_some_and(|held| held >= policy.drain_settle) {
        actions.extend(drain_surplus(&mut fleet, view, policy));
    }
    actions.extend(move_users(&mut fleet, wanted, policy));
    actions.extend(end_idle(&mut fleet, wanted, policy));
    // The next look knows of the failure, and how long to pause after it.
    if !has_failed_start {
        actions.extend(launch(&fleet, view, policy));
    }
    actions
}

/// Whether the actions end a server that was starting and has failed to.
pub(super) fn has_failed_start(view: &FleetView, actions: &[Action]) -> bool {
    let starts = |id: InstanceId| {
        view.instances
            .iter()
            .any(|instance| instance.id == id && instance.is_starting())
    };
    actions.iter().any(|action| match action {
        Action::DeclareLost { instance, .. } | Action::Terminate { instance, .. } => starts(*instance),
        _ => false,
    })
}

/// Whether a server could be drained right now. Feed it to a [`SettleTimer`], and that into
/// [`FleetView::surplus_for`], which is not looked at here.
pub fn has_surplus(view: &FleetView, policy: &Policy) -> bool {
    let (_, mut fleet) = mend(view, policy);
    !drain_surplus(&mut fleet, view, policy).is_empty()
}

/// What the fleet's size is measured by, in a sentence for people: it goes into the log with each server that is asked for or drained.
pub fn demand(view: &FleetView, policy: &Policy) -> String {
    let open = view.instances.iter().filter(|instance| instance.is_open());
    let seats: usize = open.map(|instance| instance.seats).sum();
    format!(
        "{} waiting, {} seated, {} of {seats} seats free, {} coming, {} to spare",
        view.users_waiting,
        view.users_seated(),
        free_seats(&view.instances),
        seats_at_hand(&view.instances) - free_seats(&view.instances),
        policy.spare_seats
    )
}

/// Rules 1 to 4; answers what is left of the fleet, the oldest instance first.
fn mend(view: &FleetView, policy: &Policy) -> (Vec<Action>, Vec<InstanceView>) {
    let mut fleet = view.instances.clone();
    fleet.sort_by_key(|instance| instance.id);
    let mut actions = end_orphans(view);
    actions.extend(end_failed(&mut fleet, policy));
    actions.extend(end_drained(&mut fleet, policy));
    actions.extend(leave_noticed(&mut fleet));
    (actions, fleet)
}

/// Drains servers whose machines are about to go, whether or not their users fit elsewhere: see [`launch`]. Those without users are ended.
fn leave_noticed(fleet: &mut Vec<InstanceView>) -> Vec<Action> {
    let mut actions = Vec::new();
    let mut empty = Vec::new();
    let is_to_go = |instance: &&mut InstanceView| instance.is_noticed && instance.state == InstanceState::Ready;
    for instance in fleet.iter_mut().filter(is_to_go) {
        if instance.users == 0 {
            empty.push(instance.id);
        } else {
            instance.state = InstanceState::Draining;
            actions.push(Action::Drain { instance: instance.id });
        }
    }
    actions.extend(terminate(fleet, &empty, TerminateReason::Announced));
    actions
}

/// Rule 5. While users wait, or a server starts that somebody has asked for, the fleet is growing.
fn drain_surplus(fleet: &mut [InstanceView], view: &FleetView, policy: &Policy) -> Vec<Action> {
    let grows = view.users_waiting > 0 || fleet.iter().any(InstanceView::is_starting);
    if grows || !policy.moves {
        return Vec::new();
    }
    drain(fleet, policy.spare_seats.saturating_add(policy.drain_slack))
}

/// Ends what nobody's record knows.
fn end_orphans(view: &FleetView) -> Vec<Action> {
    let mut orphans = view.orphans.clone();
    orphans.sort();
    orphans.dedup();
    orphans
        .into_iter()
        .map(|provider_ref| Action::EndOrphan { provider_ref })
        .collect()
}

/// Takes the instances out of the fleet that have failed, and says what to do about each.
fn end_failed(fleet: &mut Vec<InstanceView>, policy: &Policy) -> Vec<Action> {
    let mut actions = Vec::new();
    fleet.retain(|instance| match failure(instance, policy) {
        Some(action) => {
            actions.push(action);
            false
        }
        None => true,
    });
    actions
}

fn failure(instance: &InstanceView, policy: &Policy) -> Option<Action> {
    let lost = |reason| {
        Some(Action::DeclareLost {
            instance: instance.id,
            reason,
        })
    };
    if instance.at_provider == AtProvider::Gone && instance.in_state_for >= policy.provider_lag {
        return lost(LostReason::GoneAtProvider);
    }
    match instance.state {
        InstanceState::Requested | InstanceState::Launched => (instance.in_state_for >= policy.launch_deadline)
            .then_some(Action::Terminate {
                instance: instance.id,
                reason: TerminateReason::NotReadyInTime,
            }),
        InstanceState::Ready | InstanceState::Draining if !instance.answering => lost(LostReason::NotAnswering),
        InstanceState::Ready | InstanceState::Draining => None,
    }
}

/// Ends draining servers whose users have left, once their clients have had time to follow.
fn end_drained(fleet: &mut Vec<InstanceView>, policy: &Policy) -> Vec<Action> {
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
fn end_idle(fleet: &mut Vec<InstanceView>, wanted: usize, policy: &Policy) -> Vec<Action> {
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

/// Moves the users of draining servers to free seats, except those seats that are `wanted` by others. Where users are not to be moved, only
/// those whose server is about to go.
fn move_users(fleet: &mut [InstanceView], wanted: usize, policy: &Policy) -> Vec<Action> {
    let mut spendable = free_seats(fleet).saturating_sub(wanted);
    let mut leaving: Vec<_> = fleet
        .iter()
        .filter(|instance| instance.state == InstanceState::Draining && (policy.moves || instance.is_noticed))
        .collect();
    leaving.sort_by_key(|instance| (!instance.is_noticed, instance.id));
    let leaving: Vec<_> = leaving.into_iter().map(|instance| instance.id).collect();
    let mut actions = Vec::new();
    for from in leaving {
        let moved = move_from(fleet, from, spendable, &mut actions);
        spendable -= moved;
    }
    actions
}

/// Drains servers, the emptiest first, as long as their users fit on the other servers in use and
/// `must_stay_free` seats are left over. All are chosen before anybody moves, so that nobody moves twice.
fn drain(fleet: &mut [InstanceView], must_stay_free: usize) -> Vec<Action> {
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

/// Launches what the wanted seats need beyond the free and the coming ones; also for users whose server is about to go.
fn launch(fleet: &[InstanceView], view: &FleetView, policy: &Policy) -> Option<Action> {
    if view.failed_starts.last_ago < policy.launch_pause(&view.failed_starts) {
        return None;
    }
    let noticed = fleet
        .iter()
        .filter(|instance| instance.is_noticed && instance.state == InstanceState::Draining);
    // Those who found no seat elsewhere yet.
    let stranded: usize = noticed.map(|instance| instance.users).sum();
    let wanted = view
        .users_waiting
        .saturating_add(policy.spare_seats)
        .saturating_add(stranded);
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
