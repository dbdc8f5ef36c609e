//! What every transport does, whatever carries the parcels.

use tenfold_core::ids::InstanceId;
use tenfold_core::parcel::{News, Parcel};

/// Takes parcels from this application server to others. It may lose, double and reorder them.
pub trait Transport: Send + Sync + 'static {
    /// Takes a parcel on, at once and without waiting. `false`: it did not, and the recipient is to be told in another
    /// way. What it took and then could not deliver, or does not know to be delivered, it tells
    /// [`Ears::undelivered`] within a second.
    fn hand_over(&self, parcel: Parcel) -> bool;

    /// Whether parcels get through, as far as is known. Where they do, the log need be looked into less often.
    fn is_well(&self) -> bool;
}

/// What a transport brings to this application server. Each call returns at once.
pub trait Ears: Send + Sync + 'static {
    /// Somebody sent this. It may have come before.
    fn heard(&self, news: Vec<News>);

    /// There may be something in the log that this transport did not bring.
    fn look(&self);

    /// The server `to` may not have got what was handed over for it.
    fn undelivered(&self, to: InstanceId);
}
