//! What both servers of Tenfold share, and neither's business: how connections are taken and kept within bounds, how
//! refusals are slowed, how a server ends, how it reads durations and writes its log.
//!
//! A server implements [`Service`] and [`Conversation`] and calls [`serve`]. Everything is generic over the stream, so
//! that TLS can be laid under it and tests need no sockets.

mod connection;
mod conversation;
mod inbound;
mod listener;
mod outbound;
mod writing;

pub mod arguments;
pub mod open_files;
pub mod program;
pub mod shutdown;
pub mod slowing;
pub mod trace;

pub use connection::{Settings, converse};
pub use conversation::{Answer, Conversation, Service};
pub use listener::{BindError, bind, serve};
pub use outbound::{Full, Outbound};
