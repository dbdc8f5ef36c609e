//! Application servers as instances on AWS EC2.
//!
//! An instance carries the fleet's tags, and the id of the request it was launched for: by them a login server that comes
//! after the one that launched it finds it again. What it needs to serve is not among its tags nor in its user data but one
//! token, with which it asks the login server for the rest.

mod budget;
pub mod connection;
mod errors;
mod groups;
mod launch;
mod list;
mod metadata;
mod pools;
mod provider;
mod request;
mod tags;
mod user_data;

#[cfg(test)]
mod tests;

pub use launch::Bootstrap;
pub use list::Whereabouts;
pub use metadata::{Metadata, NoMetadata};
pub use provider::Ec2;
pub use request::{Launch, Template};
pub use tags::Tags;
pub use user_data::{Beginning, user_data};
