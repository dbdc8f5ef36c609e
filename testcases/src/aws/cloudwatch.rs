//! What CloudWatch has of a fleet's metrics.

use std::collections::BTreeMap;

use chrono::{DurationRound, TimeDelta, Utc};

use super::account::Account;
use super::by_hand::{inside, text_of};

/// Values by minute, as `2026-11-23T18:00`.
pub type ByMinute = BTreeMap<String, f64>;

impl Account {
    /// A statistic (`Sum`, `SampleCount`, `Maximum`) of a metric of `fleet` in the environment `test` for each minute of the last hour.
    /// `split` is its further dimension, where it has one.
    ///
    /// # Panics
    /// Where CloudWatch refuses.
    pub fn by_minute(&self, fleet: &str, metric: &str, split: Option<(&str, &str)>, statistic: &str) -> ByMinute {
        let now = Utc::now()
            .duration_trunc(TimeDelta::minutes(1))
            .expect("a minute is no century");
        let time = |minutes| {
            (now + TimeDelta::minutes(minutes))
                .format("%Y-%m-%dT%H:%M:%SZ")
                .to_string()
        };
        let (start, end) = (time(-60), time(2));
        let mut parameters = vec![
            ("Namespace".to_owned(), "Tenfold"),
            ("MetricName".to_owned(), metric),
            ("StartTime".to_owned(), &start),
            ("EndTime".to_owned(), &end),
            ("Period".to_owned(), "60"),
            ("Statistics.member.1".to_owned(), statistic),
        ];
        let dimensions = [("Fleet", fleet), ("Environment", "test")].into_iter().chain(split);
        for (number, (name, value)) in (1..).zip(dimensions) {
            parameters.push((format!("Dimensions.member.{number}.Name"), name));
            parameters.push((format!("Dimensions.member.{number}.Value"), value));
        }
        let parameters: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let answer = self.cloudwatch("GetMetricStatistics", &parameters);
        let xml = answer.unwrap_or_else(|refused| panic!("CloudWatch tells nothing of {metric}: {refused}"));
        inside(&xml, "member")
            .into_iter()
            .filter_map(|point| value(point, statistic))
            .collect()
    }

    /// The same of all those minutes together.
    pub fn total(&self, fleet: &str, metric: &str, split: Option<(&str, &str)>, statistic: &str) -> f64 {
        self.by_minute(fleet, metric, split, statistic).values().sum()
    }
}

fn value(point: &str, statistic: &str) -> Option<(String, f64)> {
    let minute = text_of(point, "Timestamp")?.get(..16)?.to_owned();
    Some((minute, text_of(point, statistic)?.parse().ok()?))
}
