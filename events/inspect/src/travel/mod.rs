//! The full-screen view of the log: an event in the middle, all projections around it, and the way forward and back.
//!
//! What a key means is decided by [`Model`], what there is to see at a position is gathered by [`Traveller`] into a [`Scene`],
//! and [`draw`] puts that on a screen. Only [`on_terminal`] knows that there is a terminal.

mod draw;
mod model;
mod panel;
mod scene;
mod search;
mod terminal;
mod traveller;

pub use draw::draw;
pub use model::{Action, Model, Question, Sought};
pub use panel::{Mark, Panel, PanelRow};
pub use scene::{EventLine, Scene};
pub use terminal::{is_there, on_terminal};
pub use traveller::{TravelError, Traveller};
