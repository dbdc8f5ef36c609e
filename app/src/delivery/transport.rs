//! How the application servers tell each other of messages.

use tenfold_core::event::Event;
use tenfold_core::ids::Position;

/// Carries the news of a message to the servers where its recipients sit. The log is the truth; a transport makes it
/// quick: whatever brings news rings the [bell](super::Delivery::bell), and the pump looks into the log.
pub trait Transport: Send + Sync {
    /// These events were appended, the last at `position`; a message is among them. Must return at once, and may lose
    /// what it is given: the log does not.
    fn hand_over(&self, position: Position, events: &[Event]);
}

/// No broker: the log itself. Whoever appends rings for the recipients' servers by the database's own notifications,
/// which [`lifeline`](crate::lifeline) hears.
#[derive(Clone, Copy, Debug, Default)]
pub struct TheLogItself;

impl Transport for TheLogItself {
    fn hand_over(&self, _: Position, _: &[Event]) {}
}
