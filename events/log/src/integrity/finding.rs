//! What shows that the log is not whole.

use std::fmt;

use tenfold_core::ids::Position;

/// Something that shows that events are missing, altered or forged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where it shows.
    pub position: Position,
    /// What shows it, in a sentence.
    pub what: String,
    /// Whether projections may be wrong because of it. They are not because of a message that was altered where it stands.
    pub may_make_rows: bool,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "position {}: {}", self.position, self.what)
    }
}
