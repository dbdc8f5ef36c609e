//! `given().ready(1, 10).waiting(3).then_plan_is(&[...])`

use std::time::Duration;

use tenfold_core::ids::InstanceId;
use uuid::Uuid;

use super::super::*;

pub(super) const A_WHILE: Duration = Duration::from_secs(1000);
pub(super) const A_MOMENT: Duration = Duration::from_millis(1);

/// The `number`th instance; a smaller number is an older one.
pub(super) fn id(number: u128) -> InstanceId {
    InstanceId(Uuid::from_u128(number))
}

/// A view and a policy, put together step by step. Servers have ten seats.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) view: FleetView,
    pub(super) policy: Policy,
}

pub(super) fn given() -> Given {
    Given {
        view: FleetView::default(),
        policy: Policy::local(),
    }
}

impl Given {
    pub(super) fn policy(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.policy);
        self
    }

    /// Changes the instance that was added last.
    pub(super) fn which(mut self, change: impl FnOnce(&mut InstanceView)) -> Self {
        change(self.view.instances.last_mut().expect("an instance was given"));
        self
    }

    pub(super) fn instance(mut self, number: u128, state: InstanceState, users: usize) -> Self {
        self.view.instances.push(InstanceView {
            id: id(number),
            state,
            seats: 10,
            users,
            in_state_for: Duration::from_secs(5),
            idle_for: None,
            answering: true,
            at_provider: AtProvider::Running,
            is_noticed: false,
        });
        self
    }

    pub(super) fn ready(self, number: u128, users: usize) -> Self {
        self.instance(number, InstanceState::Ready, users)
    }

    pub(super) fn idle(self, number: u128, idle_for: Duration) -> Self {
        self.ready(number, 0)
            .which(|instance| instance.idle_for = Some(idle_for))
    }

    pub(super) fn draining(self, number: u128, users: usize) -> Self {
        self.instance(number, InstanceState::Draining, users)
    }

    pub(super) fn starting(self, number: u128) -> Self {
        self.instance(number, InstanceState::Launched, 0)
    }

    pub(super) fn waiting(mut self, users: usize) -> Self {
        self.view.users_waiting = users;
        self
    }

    pub(super) fn surplus_for(mut self, held: Duration) -> Self {
        self.view.surplus_for = Some(held);
        self
    }

    pub(super) fn settled(self) -> Self {
        self.surplus_for(A_WHILE)
    }

    #[track_caller]
    pub(super) fn then_plan_is(&self, expected: &[Action]) {
        assert_eq!(plan(&self.view, &self.policy), expected);
    }

    #[track_caller]
    pub(super) fn then_nothing_is_done(&self) {
        self.then_plan_is(&[]);
    }
}

pub(super) fn launch(count: usize) -> Action {
    Action::Launch { count }
}

pub(super) fn drain(instance: u128) -> Action {
    Action::Drain { instance: id(instance) }
}

pub(super) fn move_users(from: u128, to: u128, count: usize) -> Action {
    Action::MoveUsers {
        from: id(from),
        to: id(to),
        count,
    }
}

pub(super) fn terminate(instance: u128, reason: TerminateReason) -> Action {
    Action::Terminate {
        instance: id(instance),
        reason,
    }
}

pub(super) fn lost(instance: u128, reason: LostReason) -> Action {
    Action::DeclareLost {
        instance: id(instance),
        reason,
    }
}
