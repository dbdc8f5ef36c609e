//! The wire: lines in, lines out.

pub mod lines;
mod place;
pub mod push;
pub mod reply;
pub mod request;
pub mod text;

pub use place::Place;
use serde::{Deserialize, Serialize};

/// Where an application server listens for clients.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// Left out when it is the host that the client already talks to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The TCP port.
    pub port: u16,
}
