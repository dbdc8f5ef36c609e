//! The log itself as a transport: where there is no broker, and where the broker does not do its part.

use tenfold_broker::transport::Transport;
use tenfold_core::parcel::Parcel;
use tenfold_log::append::Doorbell;

/// Carries no words, but wakes the server that a parcel is for: it finds them in the log. The ring goes by the database's
/// own notifications, which the server's [`lifeline`](crate::lifeline) hears.
#[derive(Clone)]
pub struct TheLog {
    /// Rings.
    pub doorbell: Doorbell,
}

impl Transport for TheLog {
    fn hand_over(&self, parcel: Parcel) -> bool {
        self.doorbell.ring_server(parcel.to);
        true
    }

    fn is_well(&self) -> bool {
        true
    }
}
