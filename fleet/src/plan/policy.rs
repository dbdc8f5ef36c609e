//! What the operator wants of the fleet: the figures that the planner goes by.

use std::time::Duration;

use super::model::FailedStarts;

/// The longest pause between two launches, however many have failed before.
const LONGEST_LAUNCH_PAUSE: Duration = Duration::from_secs(60);

/// The figures the planner goes by. They do not change while the fleet runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Users that one new application server can serve; at least 1.
    pub seats: usize,
    /// Seats that are kept free ahead of need.
    pub spare_seats: usize,
    /// How long a server may stand empty before it ends.
    pub idle_grace: Duration,
    /// The most instances that may exist at once, draining ones included; `None` for no limit.
    pub max_instances: Option<usize>,
    /// How long an instance may take from its request, and again from its launch, to the next step.
    pub launch_deadline: Duration,
    /// How long after an instance's last step the provider's list may not show it yet.
    ///
    /// Until then "gone at the provider" is not believed: EC2's list lags behind its launches.
    pub provider_lag: Duration,
    /// The pause after a first failed start; it doubles with each further failure, up to a minute.
    pub launch_backoff: Duration,
    /// The least pause after the provider has said that there may be no more: to ask again changes nothing, a person has to.
    pub quota_pause: Duration,
    /// Whether users may be moved to another server, which is what lets a server be drained.
    pub moves: bool,
    /// How long the users must have fitted on fewer servers before one is drained.
    pub drain_settle: Duration,
    /// Seats that must stay free, beyond `spare_seats`, when a server is drained.
    ///
    /// With 0, ten users always come together on one server of ten. More of it means fewer
    /// launches where boots are slow, and a fleet that rests above the floor.
    pub drain_slack: usize,
    /// How long a drained server stays after its last user, so that the clients can be told where to go.
    pub drain_linger: Duration,
}

impl Policy {
    /// For application servers that are child processes: they start in a tenth of a second, so
    /// being quick to give one up costs nobody a wait.
    pub fn local() -> Self {
        Self {
            seats: 10,
            spare_seats: 0,
            idle_grace: Duration::from_secs(10),
            max_instances: None,
            launch_deadline: Duration::from_secs(30),
            provider_lag: Duration::from_secs(2),
            launch_backoff: Duration::from_secs(1),
            quota_pause: Duration::from_secs(120),
            moves: true,
            drain_settle: Duration::from_secs(5),
            drain_slack: 0,
            drain_linger: Duration::from_secs(2),
        }
    }

    /// For EC2: a boot takes the better part of a minute and is billed for a whole one, so a
    /// server is given up only when it has not been needed for longer than that. On a simulated
    /// day of 100 users this settle time makes 140 launches where 5 s make 330, for 1.4 % more
    /// server hours.
    pub fn ec2() -> Self {
        Self {
            idle_grace: Duration::from_secs(60),
            launch_deadline: Duration::from_secs(300),
            provider_lag: Duration::from_secs(60),
            launch_backoff: Duration::from_secs(5),
            drain_settle: Duration::from_secs(120),
            ..Self::local()
        }
    }

    /// How long to wait after the last failed start before the next launch.
    pub(super) fn launch_pause(&self, failed: &FailedStarts) -> Duration {
        let Some(doublings) = failed.in_a_row.checked_sub(1) else {
            return Duration::ZERO;
        };
        let doubled = self.launch_backoff.saturating_mul(2u32.saturating_pow(doublings));
        let least = if failed.for_quota {
            self.quota_pause
        } else {
            Duration::ZERO
        };
        doubled.min(LONGEST_LAUNCH_PAUSE).max(least)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::local()
    }
}
