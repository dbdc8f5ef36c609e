//! CloudWatch: the exporter of samples, and the dashboard and the alarms there. Only this module knows AWS; it stands behind the feature
//! `cloudwatch`.

pub mod alarms;
mod connection;
pub mod dashboard;
mod error;
mod exporter;
mod queue;

pub use connection::{NoRegion, connect};
pub use error::CloudWatchError;
pub use exporter::Exporter;
