//! From one look at the fleet to data: how things are now.

use std::num::NonZeroU16;

use chrono::{DateTime, Utc};
use tenfold_core::facts::InstanceState;

use crate::catalogue::{LIVING, Metric};
use crate::datum::Datum;
use crate::series::Series;

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

/// One look at the fleet, all of it from one moment.
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
    /// Every gauge, zeros too: a graph with holes hides whether nothing was there or nobody looked. Only the ratio is
    /// left out while there are no users, for then the floor is zero, and refused enrolments while there are none.
    pub fn gauges(&self) -> Vec<Datum> {
        let whole = [
            (Metric::Sessions, self.sessions),
            (Metric::Seats, self.ready_seats()),
            (Metric::SeatsFree, self.free_seats()),
            (Metric::UsersWaiting, self.users_waiting),
            (Metric::InstancesOfNobody, self.of_nobody),
            (
                Metric::InstancesLeft,
                self.most_servers.saturating_sub(self.servers.len()),
            ),
        ];
        let whole = whole.map(|(metric, number)| (Series::whole(metric), number as f64));
        let by_state = LIVING.map(|state| (Series::state(Metric::Instances, state), self.in_state(state) as f64));
        let ratio = self
            .ratio()
            .map(|ratio| (Series::whole(Metric::ServersOverFloor), ratio));
        // Billed by the hour in which it is published, and hardly ever there.
        let refused = (self.refused > 0).then(|| (Series::whole(Metric::EnrolmentsRefused), self.refused as f64));
        whole
            .into_iter()
            .chain(by_state)
            .chain(ratio)
            .chain(refused)
            .map(|(series, value)| Datum::new(series, self.at, value))
            .collect()
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
        self.servers
            .iter()
            .filter(|server| server.state == InstanceState::Ready)
    }

    fn ready_seats(&self) -> usize {
        self.ready().map(|server| usize::from(server.seats)).sum()
    }

    fn free_seats(&self) -> usize {
        self.ready()
            .map(|server| usize::from(server.seats).saturating_sub(server.users))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(state: InstanceState, users: usize) -> Server {
        Server {
            state,
            seats: 10,
            users,
        }
    }

    fn snapshot(servers: &[Server], users_waiting: usize) -> Snapshot {
        Snapshot {
            at: DateTime::UNIX_EPOCH,
            sessions: 14,
            users_waiting,
            servers: servers.to_vec(),
            of_nobody: 0,
            refused: 0,
            seats_of_one: NonZeroU16::new(10).unwrap(),
            most_servers: 4,
        }
    }

    fn told(snapshot: &Snapshot) -> Vec<String> {
        let told = |datum: Datum| format!("{} {}", datum.series.title(), datum.values[0].value);
        snapshot.gauges().into_iter().map(told).collect()
    }

    #[test]
    fn a_look_gives_every_gauge() {
        use InstanceState::{Draining, Launched, Ready, Requested};
        let servers = [
            server(Ready, 9),
            server(Draining, 2),
            server(Launched, 0),
            server(Requested, 0),
        ];
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
        ];
        assert_eq!(told(&snapshot(&servers, 3)), expected);
    }

    #[test]
    fn without_users_there_is_no_ratio_but_everything_else() {
        let told = told(&snapshot(&[], 0));
        assert_eq!(told.len(), 10);
        assert!(!told.iter().any(|gauge| gauge.starts_with("ServersOverFloor")));
    }
}
