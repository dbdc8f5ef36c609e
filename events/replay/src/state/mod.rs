//! The state of the whole service at one position, as people and other programs read it.

mod diff;
mod json;
mod live;
mod moment;
mod part;
mod past;
mod text;

pub use diff::{Changed, Changes, Diff};
pub use json::{Block, Group, Instance, Invite, Post, Session, State};
pub use live::{LiveError, Snapshot};
pub use moment::{MomentError, at, facts_now, now, reached};
pub use part::Part;
pub use past::{FOLDED_UP_TO, Past};
pub use text::write_text;
