//! What every transport does, whatever carries the envelopes.

use tenfold_core::envelope::{Envelope, MessageNotice};
use tenfold_core::ids::InstanceId;

/// Takes envelopes from this application server to others. It may lose, double and reorder them: the log is the truth.
pub trait Transport: Send + Sync + 'static {
    /// Accepts an envelope, at once and without waiting. `false`: it did not, and the recipient is to be woken in another
    /// way. What it accepted and then could not deliver, or does not know to be delivered, it reports to
    /// [`MessageHandler::undelivered`] within a second.
    fn send(&self, envelope: Envelope) -> bool;

    /// Whether envelopes get through, as far as is known. Where they do, the log need be polled less often.
    fn is_healthy(&self) -> bool;
}

/// What a transport calls on the application server that it serves. Each call returns at once.
pub trait MessageHandler: Send + Sync + 'static {
    /// These messages came. They may have come before.
    fn received(&self, notices: Vec<MessageNotice>);

    /// There may be messages in the log that this transport did not bring.
    fn check_log(&self);

    /// The server `to` may not have got what was sent to it.
    fn undelivered(&self, to: InstanceId);
}
