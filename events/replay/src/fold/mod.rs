//! Replay: the events of the log in their order, read as fast as the database gives them.
//!
//! The rows come as a binary `COPY` ([`rows`]), are decoded on a thread of their own, and are folded on another, so
//! that the database, the decoding and the folding go on at the same time. An event that cannot be read or taken stops nothing:
//! it is noted in the [`Counter`] and left out, or its text shown as `(damaged)`. What is folded and how is not said here:
//! that is [`tenfold_core::facts::Facts::apply`], the one definition of every projection.

mod entry;
mod error;
mod folded;
mod pipeline;
mod rows;

pub use entry::{Counter, Damage, Entry};
pub use error::ReplayError;
pub use folded::{Folded, fold, prepare};
pub use pipeline::{replay, replay_at, replay_unopened};
