//! What both servers of Tenfold share, and neither's business: how connections are accepted and kept within bounds, how
//! refusals are slowed, how a server ends, and how it writes its log.
//!
//! A server implements [`Service`] and [`Conversation`] and calls [`serve`]. Everything is generic over the stream, so
//! that TLS can be laid under it and tests need no sockets.

mod connection;
mod listener;
mod log_file;
mod log_lines;
mod outbound;

pub mod buckets;
pub mod essential;
pub mod open_files;
pub mod origin;
pub mod overrun;
pub mod shutdown;
pub mod slowing;
pub mod span;
pub mod tls;
pub mod trace;

pub use connection::{Answer, Conversation, Service, Settings, serve_connection};
pub use listener::{BindError, Reserved, bind, bind_first, reserve, serve};
pub use outbound::{FullError, Outbound};
