//! What if: a log in which events are left out, changed or put in, and what would have come of it.
//!
//! [`Edits`] say how the fork differs; [`trial`] folds both logs side by side and finds events that cannot happen any more;
//! [`copy`] writes the fork into a database of its own ([`sandbox`]). The log that is forked is only ever read.

pub mod copy;
mod difference;
mod edits;
mod event_json;
mod keys;
mod list;
pub mod sandbox;
mod trial;

pub use difference::{Difference, differences, write_text};
pub use edits::{Edits, EditsError, Insertion, Put, Replacement, insertion, positions, replacement};
pub use list::{Listed, list};
pub use trial::{LeftOut, Refused, Trial, Why, trial};
