//! The login server from its start to its end.

#[cfg(feature = "ec2")]
mod database_network;
#[cfg(feature = "ec2")]
mod ec2_setup;
mod end;
mod home;
mod metrics;
mod provider_setup;
mod setup_context;
mod start;

pub use end::EndFleetError;
pub use start::{Server, StartError};
