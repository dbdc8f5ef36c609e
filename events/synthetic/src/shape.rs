//! What kind of log is made.

/// What kind of log it shall be.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The same seed makes the same log.
    pub seed: u64,
    /// How many accounts live at the same time, about.
    pub accounts: usize,
    /// How many of a hundred commands are about people, groups and the fleet, and so change rows that are there
    /// already; the others are posts and messages.
    pub social: u32,
    /// Whether positions have gaps, as abandoned appends leave them.
    pub gaps: bool,
}

impl Shape {
    /// A service as it is used: mostly posts and messages, among five hundred people.
    pub fn everyday(seed: u64) -> Shape {
        Shape {
            seed,
            accounts: 500,
            social: 20,
            gaps: false,
        }
    }

    /// Few people who do everything all the time, so that short logs have every kind of event.
    pub fn dense(seed: u64) -> Shape {
        Shape {
            seed,
            accounts: 12,
            social: 75,
            gaps: true,
        }
    }
}
