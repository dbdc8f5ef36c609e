//! Whether the log itself is whole. A fold cannot tell: it makes of a damaged log whatever follows from it.
//!
//! - Every event has a MAC ([`LogKey`]) over its columns and the event before it in its stream ([`Chain`]), made by the server that appends it. The
//!   database binds it to the event's position and time, which no server knows beforehand.
//! - A [`Checkpoint`] says how many events there are up to a position, with a digest over them. Login servers [`sign`] one a minute; the newest is
//!   kept outside of the database, too, as a [`Witness`].
//! - [`scan`] reads the whole log and compares it with all of these; [`stale`] compares the projections with the log, cheaply.
//!
//! What is erased stays so: a MAC is over what is stored, sealed, and `delete` destroys keys and changes no event.

mod chain;
mod checkpoint;
mod compare;
mod daily;
mod finding;
mod mac;
mod pace;
mod rows;
mod scan;
pub mod stale;
mod witness;

pub use chain::Chain;
pub use checkpoint::{Checkpoint, is_signed, sign};
pub use daily::is_due;
pub use finding::Finding;
pub use mac::{EventColumns, LogKey, Tag};
pub use pace::Pace;
pub use scan::{scan, scan_in_snapshot};
pub use stale::StaleError;
pub use witness::{Witness, WitnessError};
