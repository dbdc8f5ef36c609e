//! The login server: register, login, logout and delete; a seat for everybody; the fleet of application servers.

pub mod broker;
pub mod client_tls;
#[cfg(feature = "cloudwatch")]
pub mod cloudwatch;
pub mod commands;
pub mod configuration;
#[cfg(feature = "ec2")]
pub mod ec2_options;
#[cfg(feature = "ec2")]
pub mod enrolment;
#[cfg(feature = "_aws")]
pub mod fleet_names;
pub mod init;
pub mod limits;
pub mod log_check;
pub mod neighbours;
pub mod passwords;
pub mod postgres;
pub mod publishing;
pub mod refused_logins;
mod seat_queue;
pub mod server;
pub mod store;
pub mod token_key;
pub mod wait_times;
