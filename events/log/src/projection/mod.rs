//! The live projections: one file each, with its table, its key, its columns, a row to struct and back, its line in a checksum, and what
//! of it is personal.
//!
//! Whatever handles projections goes over their list ([`tenfold_core::facts::Projection::ALL`]) and comes to the row type by
//! [`for_projection`](crate::for_projection). Who adds a projection to the list in core and not here does not get this crate compiled.

mod account;
mod block;
mod columns;
mod group;
mod instance;
mod list;
mod membership;
mod pair;
mod post;
mod seat;
mod session;
mod stored;
mod table;

pub use columns::Columns;
pub use stored::{Column, Holds, Line, Stored, Taken, Values};
pub use table::Table;
