//! Whether the life of the fleet is published as metrics, and how often.

use std::time::Duration;

use clap::{Args, ValueEnum};
use tenfold_cli::duration;

/// CloudWatch keeps nothing finer than a second, and the alarm that watches for a heartbeat goes off after five minutes.
const LEAST: Duration = Duration::from_secs(1);
const MOST: Duration = Duration::from_secs(240);

/// Where metrics go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MetricsKind {
    /// Nowhere.
    None,
    /// To AWS's CloudWatch.
    Cloudwatch,
}

/// What the operator says of metrics.
#[derive(Args, Clone, Debug)]
pub struct MetricsOptions {
    /// Where the life of the fleet is published as metrics [default: cloudwatch with --fleet ec2, none otherwise]
    #[arg(long, env = "TENFOLD_METRICS", value_enum)]
    pub metrics: Option<MetricsKind>,
    /// How often they are published; a call costs a thousandth of a cent
    #[arg(long, env = "TENFOLD_METRICS_EVERY", default_value = "60s", value_parser = duration, value_name = "DURATION")]
    pub metrics_every: Duration,
}

/// What was said of metrics cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMetrics {
    /// They were asked for, and this program was built without.
    #[cfg(not(feature = "cloudwatch"))]
    #[error(
        "this build has no CloudWatch support: start with bin/server, which builds it where --metrics cloudwatch asks for it, or build with `cargo build --release -p tenfold-login --features tenfold-login/cloudwatch`; leave out --metrics to publish none"
    )]
    Without,
    /// Too often, or not often enough.
    #[error(
        "--metrics-every must be 1s to 4m: CloudWatch keeps nothing finer, and an alarm goes off where nothing comes for five minutes"
    )]
    Every,
}

impl MetricsOptions {
    /// Whether metrics are to be published.
    pub fn are_wanted(&self, on_ec2: bool) -> bool {
        // A build that can launch and not publish does what it can.
        let usual = match on_ec2 && cfg!(feature = "cloudwatch") {
            true => MetricsKind::Cloudwatch,
            false => MetricsKind::None,
        };
        self.metrics.unwrap_or(usual) == MetricsKind::Cloudwatch
    }

    /// Checks what was said.
    ///
    /// # Errors
    /// [`BadMetrics`], one sentence.
    pub fn check(&self) -> Result<(), BadMetrics> {
        #[cfg(not(feature = "cloudwatch"))]
        if self.metrics == Some(MetricsKind::Cloudwatch) {
            return Err(BadMetrics::Without);
        }
        if (LEAST..=MOST).contains(&self.metrics_every) {
            Ok(())
        } else {
            Err(BadMetrics::Every)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(metrics: Option<MetricsKind>, seconds: u64) -> MetricsOptions {
        MetricsOptions {
            metrics,
            metrics_every: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn a_fleet_on_this_machine_publishes_only_when_asked_to() {
        assert!(!options(None, 60).are_wanted(false));
        assert!(options(Some(MetricsKind::Cloudwatch), 60).are_wanted(false));
        assert_eq!(options(None, 60).are_wanted(true), cfg!(feature = "cloudwatch"));
        assert!(!options(Some(MetricsKind::None), 60).are_wanted(true));
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        for seconds in [0, 300] {
            let said = options(None, seconds).check().unwrap_err().to_string();
            assert!(said.contains("1s to 4m"), "{said}");
        }
        let asked = options(Some(MetricsKind::Cloudwatch), 60).check();
        assert_eq!(asked.is_ok(), cfg!(feature = "cloudwatch"));
    }
}
