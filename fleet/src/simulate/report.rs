//! What a simulation found.

use std::time::Duration;

/// The measures of one or more simulated days. Everything counts within the measured time, except
/// where it says otherwise.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Servers, booting and draining ones included, integrated over time, in seconds.
    pub server_seconds: f64,
    /// ceil(users / seats) integrated over time, in seconds; users are those seated or waiting.
    pub floor_seconds: f64,
    /// Users, seated or waiting, integrated over time, in seconds.
    pub user_seconds: f64,
    /// The time that was measured, in seconds.
    pub measured_seconds: f64,
    /// Servers launched.
    pub launches: usize,
    /// Servers drained.
    pub drains: usize,
    /// Users moved from one server to another.
    pub moves: usize,
    /// Servers that crashed.
    pub crashes: usize,
    /// The most users seen on one server, at any time.
    pub most_users_on_a_server: usize,
    /// What became of everybody who came, at any time.
    pub users: Users,
    /// How long each user waited for a seat, after arriving and again after a crash, ascending.
    pub waits: Vec<Duration>,
}

/// What became of the users. `came` is the sum of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Users {
    /// Users who came.
    pub came: usize,
    /// Users who had a seat and left.
    pub left: usize,
    /// Users who gave up waiting, or whose time was over while they waited after a crash.
    pub gave_up: usize,
    /// Users who had a seat when the simulation ended.
    pub still_seated: usize,
    /// Users who waited when the simulation ended.
    pub still_waiting: usize,
}

impl Report {
    /// Servers over time ÷ ceil(users / seats) over time: what the fleet costs against the least it
    /// could cost. 1 where nobody came and nothing ran.
    pub fn ratio(&self) -> f64 {
        if self.floor_seconds > 0.0 {
            self.server_seconds / self.floor_seconds
        } else {
            1.0
        }
    }

    /// Users at once, on average.
    pub fn average_users(&self) -> f64 {
        self.user_seconds / self.measured_seconds
    }

    /// The wait that `share` (0 to 1) of the users did not exceed; zero when nobody came.
    pub fn wait(&self, share: f64) -> Duration {
        let rank = (self.waits.len() as f64 * share).ceil() as usize;
        self.waits.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// The longest anybody waited.
    pub fn longest_wait(&self) -> Duration {
        self.waits.last().copied().unwrap_or_default()
    }

    /// Both reports as one, as if their days had been one after the other.
    pub fn and(mut self, other: Report) -> Report {
        self.server_seconds += other.server_seconds;
        self.floor_seconds += other.floor_seconds;
        self.user_seconds += other.user_seconds;
        self.measured_seconds += other.measured_seconds;
        self.launches += other.launches;
        self.drains += other.drains;
        self.moves += other.moves;
        self.crashes += other.crashes;
        self.most_users_on_a_server = self.most_users_on_a_server.max(other.most_users_on_a_server);
        self.users = self.users.and(other.users);
        self.waits.extend(other.waits);
        self.waits.sort_unstable();
        self
    }
}

impl Users {
    fn and(self, other: Users) -> Users {
        Users {
            came: self.came + other.came,
            left: self.left + other.left,
            gave_up: self.gave_up + other.gave_up,
            still_seated: self.still_seated + other.still_seated,
            still_waiting: self.still_waiting + other.still_waiting,
        }
    }
}
