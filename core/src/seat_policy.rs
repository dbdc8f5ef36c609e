//! The one seat policy: which server a user is seated on. The log decides by it, the planner predicts by it, and the
//! simulator runs it.

use std::cmp::Reverse;

/// How full a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occupancy<Age> {
    /// Users it can serve.
    pub seats: usize,
    /// Users it serves.
    pub users: usize,
    /// The lesser is the older.
    pub age: Age,
}

impl<Age: Ord + Copy> Occupancy<Age> {
    /// Seats that nobody has taken.
    pub fn free(&self) -> usize {
        self.seats.saturating_sub(self.users)
    }

    /// Sorts servers by which is filled first: the fullest, so that the others can empty; the oldest of equals. Filling one
    /// after the other in this order is what [`choose`] does, user by user: the fullest stays the fullest until it is full.
    pub fn preference(&self) -> (Reverse<usize>, Age) {
        (Reverse(self.users), self.age)
    }
}

/// The server on which the next user sits; `None` where every seat is taken. `servers` may be in any order, and are only
/// those that take users.
pub fn choose<Server, Age: Ord + Copy>(servers: impl IntoIterator<Item = (Server, Occupancy<Age>)>) -> Option<Server> {
    servers
        .into_iter()
        .filter(|(_, occupancy)| occupancy.free() > 0)
        .min_by_key(|(_, occupancy)| occupancy.preference())
        .map(|(server, _)| server)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(servers: &[(u32, usize, usize)]) -> Option<u32> {
        choose(
            servers
                .iter()
                .map(|&(age, users, seats)| (age, Occupancy { seats, users, age })),
        )
    }

    #[test]
    fn the_fullest_that_has_a_seat() {
        assert_eq!(chosen(&[(1, 3, 10), (2, 9, 10), (3, 10, 10)]), Some(2));
        assert_eq!(
            chosen(&[(1, 7, 8), (2, 15, 20)]),
            Some(2),
            "the one with the most users"
        );
    }

    #[test]
    fn of_equally_full_ones_the_oldest() {
        assert_eq!(chosen(&[(3, 4, 10), (2, 4, 10), (4, 4, 10)]), Some(2));
    }

    #[test]
    fn no_seat_where_all_are_taken() {
        assert_eq!(chosen(&[]), None);
        assert_eq!(chosen(&[(1, 10, 10), (2, 11, 10)]), None);
    }
}
