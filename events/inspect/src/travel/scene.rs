//! What there is to see at one position of the log: everything that is drawn.

use tenfold_core::ids::Position;

use super::panel::Panel;

/// What there is to see at one position of the log. Its texts are fit for a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// The position of the last event that has happened; 0 before the first.
    pub position: Position,
    /// Which event that is, from 1; 0 before the first.
    pub ordinal: u64,
    /// The position of the log's last event, and how many there are.
    pub end: (Position, u64),
    /// When it was recorded.
    pub at: Option<String>,
    /// The events around it, oldest first.
    pub events: Vec<EventLine>,
    /// Its stream, its command and its own id.
    pub details: String,
    /// All projections.
    pub panels: Vec<Panel>,
    /// Whom alone it is about, where that is wanted.
    pub filter: Option<String>,
}

/// An event in a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventLine {
    /// Where.
    pub position: Position,
    /// What happened.
    pub kind: String,
    /// The same in words.
    pub sentence: String,
}
