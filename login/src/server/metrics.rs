//! What publishes metrics, where that is wanted and this build can.

#[cfg(feature = "cloudwatch")]
pub(super) use crate::cloudwatch::{Publisher, Publishing};
#[cfg(feature = "cloudwatch")]
pub(super) use wanted::{NoMetrics, publisher};

#[cfg(not(feature = "cloudwatch"))]
pub(super) use unknown::{NoMetrics, Publisher, Publishing, publisher};

#[cfg(feature = "cloudwatch")]
mod wanted {
    use tenfold_log::database::Database;
    use tenfold_metrics::cloudwatch::{Exporter, connect};
    use tenfold_metrics::sample::Owner;
    use tokio::sync::watch;

    use crate::cloudwatch::{Limits, Publisher};
    use crate::configuration::Arguments;
    use crate::wait_times::WaitTimes;
    use tenfold_fleet::status::FleetStatus;

    pub use tenfold_metrics::cloudwatch::NoRegion as NoMetrics;

    /// What is to publish; nothing where that is not wanted.
    ///
    /// # Errors
    /// [`NoMetrics`], a sentence.
    pub async fn publisher(
        arguments: &Arguments,
        database: &Database,
        status: watch::Receiver<FleetStatus>,
        waits: Option<&WaitTimes>,
    ) -> Result<Option<Publisher>, NoMetrics> {
        let Some(waits) = waits else {
            return Ok(None);
        };
        let owner = Owner {
            fleet: arguments.names.fleet.clone(),
            environment: arguments.names.environment.clone(),
        };
        let limits = Limits {
            seats: arguments.seats,
            most_servers: arguments.max_instances,
        };
        Ok(Some(Publisher {
            database: database.clone(),
            exporter: Exporter::new(connect(None).await?, owner),
            status,
            waits: waits.clone(),
            limits,
            every: arguments.metrics.metrics_every,
        }))
    }
}

#[cfg(not(feature = "cloudwatch"))]
mod unknown {
    use std::convert::Infallible;

    use tenfold_log::database::Database;
    use tokio::sync::watch;

    use crate::configuration::Arguments;
    use crate::wait_times::WaitTimes;
    use tenfold_fleet::status::FleetStatus;

    /// Never happens.
    pub type NoMetrics = Infallible;

    /// There is none.
    pub enum Publisher {}

    /// There is none.
    pub enum Publishing {}

    impl Publisher {
        pub fn start(self) -> Publishing {
            match self {}
        }
    }

    impl Publishing {
        pub async fn end(self, _is_last: bool) {
            match self {}
        }
    }

    pub async fn publisher(
        _arguments: &Arguments,
        _database: &Database,
        _status: watch::Receiver<FleetStatus>,
        _waits: Option<&WaitTimes>,
    ) -> Result<Option<Publisher>, NoMetrics> {
        Ok(None)
    }
}
