//! What happened: past-tense facts, from which everything else can be told again.

mod encoding;
mod free_text;
mod kind_and_fields;
mod kinds;
mod observed;
mod recorded;
mod upcast;

pub use encoding::{Encoded, Undecodable};
pub use free_text::{Category, FreeText, KINDS, personal_fields};
pub use kinds::{Event, SeatRelease, SessionEnd, Stream, WITHOUT_ROWS, may_make_rows};
pub use observed::Observed;
pub use recorded::Recorded;
pub use upcast::newest_version;
