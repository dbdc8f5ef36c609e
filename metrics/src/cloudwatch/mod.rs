//! CloudWatch itself: the only part of this crate that knows AWS, behind the feature `cloudwatch`.

pub mod alarms;
mod connection;
pub mod dashboard;
mod metrics;
mod trouble;

pub use connection::{NoConnection, connect};
pub use metrics::CloudWatch;
pub use trouble::Trouble;
