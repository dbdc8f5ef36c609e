//! What the monitoring costs, from the catalogue and the shipped dashboard: a figure that a test holds below its limit.
//!
//! List prices of us-east-1 in US dollars, without the free tier. A custom metric is billed by the hour, and only for hours
//! in which it was published.

use tenfold_core::facts::InstanceState;

use crate::catalogue::Metric;
use crate::series::{Series, series};

/// A custom metric for a month; the first ten thousand cost this.
pub const METRIC: f64 = 0.30;
/// A dashboard for a month.
pub const DASHBOARD: f64 = 3.00;
/// An alarm of standard resolution for a month, by each metric that it looks at.
pub const ALARM: f64 = 0.10;
/// A thousand calls of PutMetricData.
pub const THOUSAND_CALLS: f64 = 0.01;
/// The hours of a month, as AWS counts them.
pub const HOURS: f64 = 730.0;
/// In how many of them something goes wrong. In more than one of ten, and the bill is the lesser trouble.
pub const HOURS_OF_TROUBLE: f64 = 73.0;
/// One publisher makes one call a minute.
pub const CALLS: f64 = HOURS * 60.0;

/// A month's bill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bill {
    /// Series that are published all the time.
    pub steady: usize,
    /// Series that are published when something goes wrong.
    pub troubled: usize,
    /// Metrics that alarms look at.
    pub alarmed: usize,
}

impl Bill {
    /// Of the catalogue, with one dashboard and alarms that look at so many metrics.
    pub fn of_catalogue(alarmed: usize) -> Bill {
        let (troubled, steady): (Vec<Series>, Vec<Series>) = series().into_iter().partition(is_trouble);
        Bill {
            steady: steady.len(),
            troubled: troubled.len(),
            alarmed,
        }
    }

    /// In dollars.
    pub fn dollars(self) -> f64 {
        let metric_hours = self.steady as f64 * HOURS + self.troubled as f64 * HOURS_OF_TROUBLE;
        let metrics = METRIC * metric_hours / HOURS;
        let alarms = ALARM * self.alarmed as f64;
        metrics + alarms + DASHBOARD + THOUSAND_CALLS * CALLS / 1000.0
    }
}

fn is_trouble(series: &Series) -> bool {
    let is_failure = matches!(
        series.metric,
        Metric::LaunchFailures | Metric::LaunchFailuresByReason | Metric::EnrolmentsRefused
    );
    is_failure || *series == Series::state(Metric::Transitions, InstanceState::Lost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped;

    #[test]
    fn a_month_stays_below_ten_dollars() {
        let alarms = shipped::alarms();
        let alarmed = alarms["alarms"].as_array().unwrap().iter();
        // An alarm on a single metric pays once, one on an expression for every metric in it.
        let alarmed = alarmed
            .map(|alarm| alarm["Metrics"].as_array().map_or(1, Vec::len))
            .sum();
        let bill = Bill::of_catalogue(alarmed);
        let expected = Bill {
            steady: 19,
            troubled: 10,
            alarmed: 5,
        };
        assert_eq!(bill, expected, "dashboards/README.md works this out: change it too");
        assert!(bill.dollars() < 10.0, "{}", bill.dollars());
        assert_eq!(format!("{:.2}", bill.dollars()), "9.94");
    }
}
