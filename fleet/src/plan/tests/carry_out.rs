//! A fleet to which everything succeeds at once: the view after a plan, at the same moment.

use std::time::Duration;

use tenfold_core::ids::InstanceId;

use super::super::*;
use super::given::id;

/// The view after the actions. New instances are numbered from a million.
pub(super) fn carry_out(view: &FleetView, actions: &[Action], policy: &Policy) -> FleetView {
    let mut view = view.clone();
    for action in actions {
        apply(&mut view, action, policy);
    }
    view
}

fn apply(view: &mut FleetView, action: &Action, policy: &Policy) {
    match action {
        Action::EndOrphan { provider_ref } => view.orphans.retain(|orphan| orphan != provider_ref),
        Action::DeclareLost { instance, .. } => view.instances.retain(|each| each.id != *instance),
        Action::Terminate { instance, .. } => {
            assert_eq!(
                find(view, *instance).users,
                0,
                "nobody may sit on a server that is terminated"
            );
            view.instances.retain(|each| each.id != *instance);
        }
        Action::Drain { instance } => {
            let drained = find(view, *instance);
            assert_eq!(drained.state, InstanceState::Ready);
            drained.state = InstanceState::Draining;
            drained.in_state_for = Duration::ZERO;
        }
        Action::MoveUsers { from, to, count } => move_users(view, *from, *to, *count),
        Action::Launch { count } => {
            assert!(*count > 0);
            (0..*count).for_each(|_| view.instances.push(new_instance(view.instances.len(), policy)));
        }
    }
}

fn move_users(view: &mut FleetView, from: InstanceId, to: InstanceId, count: usize) {
    assert!(count > 0);
    let target = find(view, to);
    assert!(
        target.is_open() && target.free_seats() >= count,
        "users are moved only to seats that are free"
    );
    target.users += count;
    target.idle_for = None;
    let source = find(view, from);
    assert!(source.state == InstanceState::Draining && source.users >= count);
    source.users -= count;
    if source.users == 0 {
        source.idle_for = Some(Duration::ZERO);
    }
}

fn new_instance(number: usize, policy: &Policy) -> InstanceView {
    InstanceView {
        id: id(1_000_000 + number as u128),
        state: InstanceState::Requested,
        seats: policy.seats,
        users: 0,
        in_state_for: Duration::ZERO,
        idle_for: None,
        answering: false,
        at_provider: AtProvider::Unknown,
        is_noticed: false,
    }
}

fn find(view: &mut FleetView, id: InstanceId) -> &mut InstanceView {
    view.instances
        .iter_mut()
        .find(|instance| instance.id == id)
        .expect("plans name living instances only")
}
