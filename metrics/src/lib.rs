//! What Tenfold tells CloudWatch, pure: the [catalogue] of metrics, the data that [events](lives) and [looks at the
//! fleet](gauges) give, their [calls](batches) within the service's limits, what that [costs](bill), and the
//! [check](check) of the dashboard and the alarms that show them. Nothing here knows AWS or the network, but for what stands behind
//! the feature `cloudwatch`.

pub mod batches;
pub mod bill;
pub mod catalogue;
pub mod check;
#[cfg(feature = "cloudwatch")]
pub mod cloudwatch;
pub mod datum;
pub mod gauges;
pub mod lives;
pub mod program;
pub mod series;
pub mod shipped;
pub mod stored;
pub mod template;
