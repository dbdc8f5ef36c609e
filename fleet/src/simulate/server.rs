//! The servers of the simulated fleet, and how the planner sees them.

use std::time::Duration;

use tenfold_core::ids::InstanceId;
use uuid::Uuid;

use crate::plan::{AtProvider, InstanceState, InstanceView, Policy};

/// One simulated application server, from its launch until it ends.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) id: InstanceId,
    pub(super) state: InstanceState,
    pub(super) seats: usize,
    /// Who sits on it, in the order they sat down, by their number among the arrivals.
    pub(super) users: Vec<usize>,
    in_state_since: Duration,
    idle_since: Option<Duration>,
    crashed_at: Option<Duration>,
}

impl Server {
    /// The `number`th server, just accepted by the provider. Ids ascend with their age, as UUIDv7 do.
    pub(super) fn launched(number: usize, now: Duration, policy: &Policy) -> Self {
        Self {
            id: InstanceId(Uuid::from_u128(number as u128)),
            state: InstanceState::Launched,
            seats: policy.seats,
            users: Vec::new(),
            in_state_since: now,
            idle_since: None,
            crashed_at: None,
        }
    }

    pub(super) fn becomes(&mut self, state: InstanceState, now: Duration) {
        self.state = state;
        self.in_state_since = now;
        if state == InstanceState::Ready {
            self.idle_since = Some(now);
        }
    }

    pub(super) fn seat(&mut self, user: usize) {
        self.users.push(user);
        self.idle_since = None;
    }

    pub(super) fn release(&mut self, user: usize, now: Duration) {
        self.users.retain(|&seated| seated != user);
        if self.users.is_empty() {
            self.idle_since = Some(now);
        }
    }

    /// Answers whether it ran until now.
    pub(super) fn crash(&mut self, now: Duration) -> bool {
        let ran = self.crashed_at.is_none();
        self.crashed_at.get_or_insert(now);
        ran
    }

    pub(super) fn view(&self, now: Duration, heartbeat_timeout: Duration) -> InstanceView {
        InstanceView {
            id: self.id,
            state: self.state,
            seats: self.seats,
            users: self.users.len(),
            in_state_for: now - self.in_state_since,
            idle_for: self.idle_since.map(|since| now - since),
            answering: self.crashed_at.is_none_or(|crashed| now - crashed < heartbeat_timeout),
            at_provider: AtProvider::Unknown,
            is_noticed: false,
        }
    }
}
