//! CloudWatch itself: the only part of this crate that knows AWS, behind the feature `cloudwatch`.

mod connection;
mod metrics;
mod trouble;

pub use connection::{NoConnection, connect};
pub use metrics::CloudWatch;
pub use trouble::Trouble;
