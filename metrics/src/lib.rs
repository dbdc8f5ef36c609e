//! Tenfold's metrics: the [catalogue], the samples that the log ([totals]) and the state of the fleet ([gauges]) give, the dashboard and
//! the alarms that are [generated](generate) from the catalogue, and, behind the feature `cloudwatch`, their exporter.

pub mod catalogue;
#[cfg(feature = "cloudwatch")]
pub mod cloudwatch;
pub mod gauges;
pub mod generate;
pub mod program;
pub mod sample;
pub mod shown;
pub mod totals;
