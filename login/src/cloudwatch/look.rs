//! From the tables and the reconciler's eyes to gauges. Pure.

use std::num::NonZeroU16;

use chrono::{DateTime, Utc};
use tenfold_log::operational::fleet::{Observation, ObservedInstance};
use tenfold_metrics::datum::Datum;
use tenfold_metrics::gauges::{Server, Snapshot};

use tenfold_fleet::status::FleetStatus;

/// What the operator allows.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// `--seats`.
    pub seats: NonZeroU16,
    /// `--max-instances`.
    pub most_servers: NonZeroU16,
}

/// Every gauge of one look.
pub fn gauges(
    observation: &Observation,
    sessions: usize,
    standing: FleetStatus,
    limits: Limits,
    at: DateTime<Utc>,
) -> Vec<Datum> {
    let server = |instance: &ObservedInstance| Server {
        state: instance.state,
        seats: instance.seats,
        users: instance.users,
    };
    let snapshot = Snapshot {
        at,
        sessions,
        users_waiting: observation.waiting.len(),
        servers: observation.instances.iter().map(server).collect(),
        of_nobody: standing.of_nobody,
        refused: observation.refused_enrolments,
        seats_of_one: limits.seats,
        most_servers: usize::from(limits.most_servers.get()),
    };
    snapshot.gauges()
}
