//! Logs that never happened but could have: random intents, decided and folded as the service does it, for tests,
//! benchmarks and demonstrations. The seed decides everything.

mod crowd;
mod intents;
mod rehearsal;
mod shape;
mod store;
mod synthetic;
pub mod typed;

pub use rehearsal::{RehearsalError, erase_deleted, rehearse};
pub use shape::Shape;
pub use store::{StoreError, since_2000, store, store_sealed};
pub use synthetic::Synthetic;
