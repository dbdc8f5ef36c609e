//! Reading: lists and sessions from the projections, and what is for whom from the log, in order.

mod addresses;
mod connection;
mod deliver;
mod listing;
mod reader;
mod session;

pub use addresses::Addresses;
pub use deliver::{Delivered, Delivery, Held};
pub use listing::{GroupCounts, Listed};
pub use reader::{ReadError, Reader};
pub use session::SessionStatus;
