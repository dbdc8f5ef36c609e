//! Who is told of what was recorded, after its commit: a courier of its messages, the doorbell of everything else.

use std::sync::Arc;

use tenfold_core::event::Event;
use tenfold_core::ids::Position;

use super::doorbell::Doorbell;

/// Takes messages to the application servers where their recipients sit.
pub trait Courier: Send + Sync + 'static {
    /// Takes on the message `event`, which was recorded at `position`; at once. `false`: it does not, and the doorbell is
    /// to ring for the recipients.
    fn take(&self, position: Position, event: &Event) -> bool;
}

/// Tells others of what was recorded, without making anybody wait. By default the doorbell rings for everything.
#[derive(Clone, Default)]
pub struct Announcer {
    /// Rings in the database.
    pub doorbell: Doorbell,
    /// Is asked first.
    pub courier: Option<Arc<dyn Courier>>,
}

impl Announcer {
    pub(super) fn announce<'a>(&self, recorded: impl Iterator<Item = (Position, &'a Event)>) {
        let left = recorded.filter(|(position, event)| !self.is_taken(*position, event));
        self.doorbell.ring(left.map(|(_, event)| event));
    }

    fn is_taken(&self, position: Position, event: &Event) -> bool {
        let courier = self.courier.as_ref().filter(|_| event.is_message());
        courier.is_some_and(|courier| courier.take(position, event))
    }
}
