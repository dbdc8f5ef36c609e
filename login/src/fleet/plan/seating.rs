//! Which server a user is seated on: the fullest that has a seat, so that the others can empty.

use std::cmp::Reverse;

use super::InstanceId;

/// The seats of one server that takes users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seating {
    /// The server.
    pub instance: InstanceId,
    /// Users it can serve.
    pub seats: usize,
    /// Users it serves.
    pub users: usize,
}

impl Seating {
    /// Seats that nobody has taken.
    pub fn free(&self) -> usize {
        self.seats.saturating_sub(self.users)
    }
}

/// The server on which the next user sits: the fullest that has a seat; the oldest of several
/// such. `None` when every seat is taken. Only servers that are ready and answer belong in
/// `servers`, in any order.
pub fn choose_seat(servers: impl IntoIterator<Item = Seating>) -> Option<InstanceId> {
    servers
        .into_iter()
        .filter(|server| server.free() > 0)
        .min_by_key(preference)
        .map(|server| server.instance)
}

/// Sorts servers so that filling one after the other is what [`choose_seat`] would do, user by user:
/// the fullest stays the fullest until it is full.
pub(super) fn sort_by_preference(servers: &mut [Seating]) {
    servers.sort_by_key(preference);
}

/// The fullest is the one with the fewest free seats. Where servers differ in size, an empty one
/// comes after all that are in use, however small, and of equal ones the larger comes first.
fn preference(server: &Seating) -> (bool, usize, Reverse<usize>, InstanceId) {
    (server.users == 0, server.free(), Reverse(server.users), server.instance)
}
