//! The history index: the service at any position of a long log, without folding what was before it.
//!
//! One pass of the one fold ([`tenfold_core::facts::Facts::changes`]) says which row versions every event brings to life
//! and which it ends. The index keeps both as lists that only grow: the births of each sheet in their order, and the
//! deaths in theirs; and for every event how long the lists were after it. What lived at an event is then *the first so
//! many births without the first so many deaths*, and a step forward or back is the few entries between two events.
//!
//! Nothing in the index was written by a person or is anybody's name: texts and names are read from the log when they
//! are shown. So it need not know of erasure, and what is erased there is erased here.
//!
//! ```text
//! let history = History::open(&client, home, &Progress::default()).await?;   // made, or written on, where need be
//! let mut view = history.at(position)?;                                       // well under a second
//! view.friends(alice, bob)?;                                                  // and other questions, see `ask`
//! view.forward()?;                                                            // one event on; `back` takes it back
//! let facts = view.facts(&client).await?;                                     // all rows, with their texts
//! ```

mod ask;
mod bits;
mod builder;
mod column;
mod error;
mod extend;
mod facts;
mod find;
mod head;
mod identity;
mod index;
mod item;
mod living;
mod records;
mod store;
mod view;

pub use error::HistoryError;
pub use extend::Progress;
pub use find::Direction;
pub use index::History;
pub use item::Item;
pub use records::Table;
pub use view::{Step, View};

#[cfg(test)]
mod tests;
