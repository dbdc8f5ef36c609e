//! Which seat a newcomer gets.

use super::instance::InstanceState;
use super::projections::Facts;
use crate::ids::InstanceId;
use crate::seat_policy::{self, Occupancy};

/// A seat nobody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeSeat {
    /// On which server.
    pub instance: InstanceId,
    /// Which of its seats, from 0.
    pub number: u16,
    /// How many it has.
    pub seats: u16,
}

impl Facts {
    /// A seat on the ready server that the [policy](seat_policy) chooses; never on `except`.
    pub fn free_seat(&self, except: Option<InstanceId>) -> Option<FreeSeat> {
        let ready = self
            .instances()
            .filter(|instance| instance.state == InstanceState::Ready && Some(instance.id) != except);
        let instance = seat_policy::choose(ready.map(|instance| {
            let occupancy = Occupancy {
                seats: usize::from(instance.seats),
                users: self.taken_on(instance.id),
                age: instance.position,
            };
            (instance, occupancy)
        }))?;
        let number = (0..instance.seats).find(|number| !self.is_taken(instance.id, *number))?;
        Some(FreeSeat {
            instance: instance.id,
            number,
            seats: instance.seats,
        })
    }

    /// How many users sit on the server.
    pub fn taken_on(&self, instance: InstanceId) -> usize {
        self.taken_numbers(instance).map_or(0, |numbers| numbers.len())
    }

    /// Whether somebody has that seat.
    pub fn is_taken(&self, instance: InstanceId, number: u16) -> bool {
        self.taken_numbers(instance)
            .is_some_and(|numbers| numbers.contains(&number))
    }
}
