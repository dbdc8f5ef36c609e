//! What is published of one series at one time.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::catalogue::{Metric, Series};

/// Whose metrics they are: two dimensions that all of them have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The fleet's name.
    pub fleet: String,
    /// Where it runs, such as `production`.
    pub environment: String,
}

/// Values of one series at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Of what.
    pub series: Series,
    /// When they were measured or recorded, not when they are published.
    pub at: DateTime<Utc>,
    /// Values in the metric's unit, and how often each occurred.
    pub values: Vec<(f64, u32)>,
}

impl Sample {
    /// A single value.
    pub fn new(series: Series, at: DateTime<Utc>, value: f64) -> Sample {
        let values = vec![(value, 1)];
        Sample { series, at, values }
    }

    /// How long something took.
    pub fn timing(metric: Metric, at: DateTime<Utc>, took: Duration) -> Sample {
        Sample::new(metric.whole(), at, took.as_secs_f64() * 1000.0)
    }

    /// The dimensions, in the order in which all metrics have them.
    pub fn dimensions<'owner>(&self, owner: &'owner Owner) -> Vec<(&'static str, &'owner str)> {
        let mut dimensions = vec![
            ("Fleet", owner.fleet.as_str()),
            ("Environment", owner.environment.as_str()),
        ];
        dimensions.extend(self.series.dimension());
        dimensions
    }
}
