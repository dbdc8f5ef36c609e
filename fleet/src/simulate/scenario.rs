//! What is simulated: the people, the machines, and the policy under test.

use std::time::Duration;

use crate::plan::Policy;

/// One simulated day and what leads up to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Users at once, on average over the day.
    pub average_users: f64,
    /// How far the number of users swings about the average between the deepest night and the
    /// evening: 0 for not at all, 1 for down to nobody and up to twice the average.
    pub swing: f64,
    /// How long a user keeps a seat, on average, from taking it to giving it up.
    pub mean_stay: Duration,
    /// How those times are distributed.
    pub stay: Stay,
    /// From the call of the provider to a server that is ready.
    pub boot: Duration,
    /// How long one server runs, on average, until it crashes; `None` for never.
    pub mean_time_to_crash: Option<Duration>,
    /// How long a server is silent before it counts as not answering.
    pub heartbeat_timeout: Duration,
    /// How long a user waits for a seat before giving up.
    pub seat_wait: Duration,
    /// How often the reconciler looks at the fleet when nothing happens.
    pub reconcile_every: Duration,
    /// Simulated, but not measured: the time it takes the fleet to fill.
    pub warm_up: Duration,
    /// What is measured.
    pub measured: Duration,
    /// The policy under test.
    pub policy: Policy,
}

/// How the times users keep their seats are distributed about their mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stay {
    /// Memoryless: having stayed for long says nothing about when a user will leave.
    Exponential,
    /// Some stay for very long; `sigma` is the deviation of the logarithm of the time.
    LogNormal {
        /// 0 for all alike; 1 for a strong tail.
        sigma: f64,
    },
}

impl Scenario {
    /// A day of 100 users on average, on application servers that are child processes.
    pub fn local() -> Self {
        Self {
            average_users: 100.0,
            swing: 0.5,
            mean_stay: Duration::from_secs(20 * 60),
            stay: Stay::Exponential,
            boot: Duration::from_millis(100),
            mean_time_to_crash: None,
            heartbeat_timeout: Duration::from_secs(3),
            seat_wait: Duration::from_secs(300),
            reconcile_every: Duration::from_secs(1),
            warm_up: Duration::from_secs(3 * 3600),
            measured: Duration::from_secs(24 * 3600),
            policy: Policy::local(),
        }
    }

    /// The same day on EC2, where a server needs 40 seconds to be ready.
    pub fn ec2() -> Self {
        Self {
            boot: Duration::from_secs(40),
            policy: Policy::ec2(),
            ..Self::local()
        }
    }

    /// The same, with users who are moved or who stay where they sit.
    pub fn with_moves(mut self, moves: bool) -> Self {
        self.policy.moves = moves;
        self
    }
}
