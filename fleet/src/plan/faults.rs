//! What has gone wrong: machines without a record, and records without a machine.

use super::action::{Action, LostReason, TerminateReason};
use super::policy::Policy;
use super::view::{AtProvider, FleetView, InstanceState, InstanceView};

/// Ends what nobody's record knows.
pub(super) fn end_orphans(view: &FleetView) -> Vec<Action> {
    let mut orphans = view.orphans.clone();
    orphans.sort();
    orphans.dedup();
    orphans
        .into_iter()
        .map(|provider_ref| Action::EndOrphan { provider_ref })
        .collect()
}

/// Takes the instances out of the fleet that have failed, and says what to do about each.
pub(super) fn end_failed(fleet: &mut Vec<InstanceView>, policy: &Policy) -> Vec<Action> {
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
