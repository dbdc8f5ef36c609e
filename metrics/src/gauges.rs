//! Gauges of the fleet as it is now.

use std::num::NonZeroU16;

use chrono::{DateTime, Utc};
use tenfold_core::facts::InstanceState;

use crate::catalogue::{LIVING, Metric};
use crate::sample::Sample;

/// An application server that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    /// Where it is in its life.
    pub state: InstanceState,
    /// How many seats it has.
    pub seats: u16,
    /// How many of them are taken.
    pub users: usize,
}

/// The fleet at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Which moment.
    pub at: DateTime<Utc>,
    /// Live sessions.
    pub sessions: usize,
    /// Logins that wait for a seat.
    pub users_waiting: usize,
    /// The servers that have not ended.
    pub servers: Vec<Server>,
    /// Machines at the provider that no record knows.
    pub of_nobody: usize,
    /// Enrolments that were refused in the last minute.
    pub refused: usize,
    /// `--seats`.
    pub seats_of_one: NonZeroU16,
    /// `--max-instances`.
    pub most_servers: usize,
}

impl Snapshot {
    /// Every gauge, zeros too: a graph with holes hides whether nothing was there or nobody looked. Only the ratio is left out while there
    /// are no users, for then the floor is zero, and refused enrolments while there are none, for they are billed by the hour.
    pub fn samples(&self) -> Vec<Sample> {
        let left = self.most_servers.saturating_sub(self.servers.len());
        let whole = [
            (Metric::Sessions, self.sessions),
            (Metric::Seats, self.ready_seats()),
            (Metric::SeatsFree, self.free_seats()),
            (Metric::UsersWaiting, self.users_waiting),
            (Metric::InstancesOfNobody, self.of_nobody),
            (Metric::InstancesLeft, left),
        ];
        let whole = whole.map(|(metric, number)| (metric.whole(), number as f64));
        let by_state = LIVING.map(|state| (Metric::Instances.of(state.name()), self.in_state(state) as f64));
        let ratio = self.ratio().map(|ratio| (Metric::ServersOverFloor.whole(), ratio));
        let refused = (self.refused > 0).then(|| (Metric::EnrolmentsRefused.whole(), self.refused as f64));
        let all = whole.into_iter().chain(by_state).chain(ratio).chain(refused);
        all.map(|(series, value)| Sample::new(series, self.at, value)).collect()
    }

    /// Servers that run (booting and draining ones too) over the fewest that could serve those who sit and those who wait.
    fn ratio(&self) -> Option<f64> {
        let seated: usize = self.servers.iter().map(|server| server.users).sum();
        let floor = (seated + self.users_waiting).div_ceil(usize::from(self.seats_of_one.get()));
        // What was only requested may not run yet, nor ever.
        let running = self.servers.len() - self.in_state(InstanceState::Requested);
        (floor > 0).then(|| running as f64 / floor as f64)
    }

    fn in_state(&self, state: InstanceState) -> usize {
        self.servers.iter().filter(|server| server.state == state).count()
    }

    fn ready(&self) -> impl Iterator<Item = &Server> {
        let servers = self.servers.iter();
        servers.filter(|server| server.state == InstanceState::Ready)
    }

    fn ready_seats(&self) -> usize {
        self.ready().map(|server| usize::from(server.seats)).sum()
    }

    fn free_seats(&self) -> usize {
        let free = |server: &Server| usize::from(server.seats).saturating_sub(server.users);
        self.ready().map(free).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(servers: &[(InstanceState, usize)], users_waiting: usize) -> Vec<String> {
        let server = |&(state, users): &(InstanceState, usize)| Server {
            state,
            seats: 10,
            users,
        };
        let snapshot = Snapshot {
            at: DateTime::UNIX_EPOCH,
            sessions: 14,
            users_waiting,
            servers: servers.iter().map(server).collect(),
            of_nobody: 0,
            refused: users_waiting,
            seats_of_one: NonZeroU16::new(10).unwrap(),
            most_servers: 4,
        };
        let told = |sample: Sample| format!("{} {}", sample.series.title(), sample.values[0].0);
        snapshot.samples().into_iter().map(told).collect()
    }

    #[test]
    fn a_snapshot_gives_every_gauge() {
        use InstanceState::{Draining, Launched, Ready, Requested};
        let expected = [
            "Sessions 14",
            "Seats 10",
            "SeatsFree 1",
            "UsersWaiting 3",
            "InstancesOfNobody 0",
            "InstancesLeft 0",
            "Instances (State requested) 1",
            "Instances (State launched) 1",
            "Instances (State ready) 1",
            "Instances (State draining) 1",
            "ServersOverFloor 1.5",
            "EnrolmentsRefused 3",
        ];
        let servers = [(Ready, 9), (Draining, 2), (Launched, 0), (Requested, 0)];
        assert_eq!(told(&servers, 3), expected);
    }

    #[test]
    fn without_users_there_is_no_ratio_but_everything_else() {
        let told = told(&[], 0);
        assert_eq!(told.len(), 10);
        assert!(!told.iter().any(|gauge| gauge.starts_with("ServersOverFloor")));
    }
}
