//! What is so: rows that events make and unmake. The same `apply` folds events for deciding (on the few rows a
//! command needs), for the live projections (its changes are written to their tables) and for replay (over all).
//!
//! One file a projection: its row, its key, and its rows in memory. `projections` is the list of them; whatever handles projections
//! goes over that list.

mod account;
mod block;
mod by_name;
mod fold;
mod free_seat;
mod group;
mod instance;
mod membership;
mod pair;
mod post;
mod projections;
mod seat;
mod session;
mod table;

pub use account::Account;
pub use block::Block;
pub use fold::Impossible;
pub use free_seat::FreeSeat;
pub use group::Group;
pub use instance::{Instance, InstanceState};
pub use membership::Membership;
pub use pair::{Pair, PairKey, PairState};
pub use post::Post;
pub use projections::{Change, Facts, Key, Projected, Projection, Row};
pub use seat::Seat;
pub use session::Session;
