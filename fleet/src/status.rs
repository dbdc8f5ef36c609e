//! What the login server that holds the fleet knows of it beside the tables, for those who publish it.

/// Whether this login server holds the fleet, and what it saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FleetStatus {
    /// It holds the fleet.
    pub leads: bool,
    /// Machines at the provider that no record knows, at its last look.
    pub of_nobody: usize,
}
