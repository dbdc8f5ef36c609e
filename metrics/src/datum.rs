//! One datum: what is published of one series at one time.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::catalogue::Metric;
use crate::series::Series;

/// Whose metrics they are: two dimensions that all of them have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The fleet's name.
    pub fleet: String,
    /// Where it runs, such as `production`.
    pub environment: String,
}

/// A value and how often it occurred.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counted {
    /// The value, in the metric's unit.
    pub value: f64,
    /// How often, at least once.
    pub count: u32,
}

/// What is published of one series at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Datum {
    /// Of what.
    pub series: Series,
    /// When: the time that the log recorded, never that of the publishing.
    pub at: DateTime<Utc>,
    /// What, each value once.
    pub values: Vec<Counted>,
}

impl Datum {
    /// A single value.
    pub fn new(series: Series, at: DateTime<Utc>, value: f64) -> Datum {
        let values = vec![Counted { value, count: 1 }];
        Datum { series, at, values }
    }

    /// How long a login waited for its seat, which only its login server knows.
    pub fn login_wait(at: DateTime<Utc>, took: Duration) -> Datum {
        Datum::timing(Metric::LoginWait, at, took)
    }

    /// How long something took.
    pub(crate) fn timing(metric: Metric, at: DateTime<Utc>, took: Duration) -> Datum {
        Datum::new(Series::whole(metric), at, took.as_secs_f64() * 1000.0)
    }

    /// The dimensions, in the order in which all metrics have them.
    pub fn dimensions<'a>(&self, owner: &'a Owner) -> Vec<(&'static str, &'a str)> {
        let mut dimensions = vec![
            ("Fleet", owner.fleet.as_str()),
            ("Environment", owner.environment.as_str()),
        ];
        let split = self.series.metric.definition().split.dimension();
        dimensions.extend(split.zip(self.series.part));
        dimensions
    }

    /// As an element of PutMetricData's `MetricData`.
    pub fn to_json(&self, owner: &Owner) -> Value {
        let definition = self.series.metric.definition();
        let dimension = |(name, value)| json!({ "Name": name, "Value": value });
        let dimensions: Vec<Value> = self.dimensions(owner).into_iter().map(dimension).collect();
        let values: Vec<f64> = self.values.iter().map(|counted| counted.value).collect();
        let counts: Vec<u32> = self.values.iter().map(|counted| counted.count).collect();
        json!({
            "MetricName": definition.name,
            "Dimensions": dimensions,
            "Timestamp": self.at.to_rfc3339_opts(SecondsFormat::Millis, true),
            "Unit": definition.unit.name(),
            "Values": values,
            "Counts": counts,
            "StorageResolution": 60,
        })
    }
}

#[cfg(test)]
mod tests {
    use tenfold_core::facts::InstanceState;

    use super::*;

    #[test]
    fn a_datum_is_what_put_metric_data_takes() {
        let owner = Owner {
            fleet: "blue".into(),
            environment: "test".into(),
        };
        let at = DateTime::from_timestamp_millis(1_700_000_000_250).unwrap();
        let datum = Datum::new(Series::state(Metric::Transitions, InstanceState::Ready), at, 1.0);
        let expected = json!({
            "MetricName": "InstanceTransitions",
            "Dimensions": [
                { "Name": "Fleet", "Value": "blue" },
                { "Name": "Environment", "Value": "test" },
                { "Name": "State", "Value": "ready" },
            ],
            "Timestamp": "2023-11-14T22:13:20.250Z",
            "Unit": "Count",
            "Values": [1.0],
            "Counts": [1],
            "StorageResolution": 60,
        });
        assert_eq!(datum.to_json(&owner), expected);
    }

    #[test]
    fn a_timing_is_in_milliseconds() {
        let datum = Datum::login_wait(DateTime::UNIX_EPOCH, Duration::from_micros(1_500));
        assert_eq!(datum.values, [Counted { value: 1.5, count: 1 }]);
    }
}
