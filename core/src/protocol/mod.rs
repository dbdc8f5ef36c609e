//! The wire: lines in, lines out.

mod endpoint;
pub mod lines;
pub mod push;
pub mod reply;
pub mod request;
pub mod text;

pub use endpoint::{Address, Endpoint};
