//! The login server: register, login, logout and delete; a seat for everybody; the fleet of application servers.

#[cfg(feature = "_aws")]
pub mod aws;
pub mod broker;
#[cfg(feature = "cloudwatch")]
pub mod cloudwatch;
pub mod commands;
pub mod configuration;
#[cfg(feature = "ec2")]
pub mod enrolment;
pub mod fleet;
pub mod passwords;
pub mod postgres;
pub mod publishing;
pub mod seating;
pub mod server;
pub mod store;
pub mod token_key;
pub mod waits;
