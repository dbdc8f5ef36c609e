//! Puts samples to CloudWatch.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};

use super::error::CloudWatchError;
use super::queue::Queue;
use crate::catalogue::NAMESPACE;
use crate::sample::{Owner, Sample};

/// The samples of one fleet on their way to CloudWatch.
#[derive(Debug)]
pub struct Exporter {
    client: Client,
    owner: Owner,
    queue: Queue,
}

impl Exporter {
    /// For the metrics of `owner`.
    pub fn new(client: Client, owner: Owner) -> Exporter {
        let queue = Queue::default();
        Exporter { client, owner, queue }
    }

    /// Adds a sample to those that are put next. Some hours of them are kept while CloudWatch is away.
    pub fn add(&mut self, sample: Sample) {
        self.queue.push(sample);
    }

    /// Puts all samples, in as few calls as there can be. Those of a call that failed are put again the next time, also where nobody knows
    /// whether it arrived: a level that is put twice is the same level.
    ///
    /// # Errors
    /// [`CloudWatchError`]. What CloudWatch refuses and would refuse again is logged and left out.
    pub async fn put(&mut self) -> Result<(), CloudWatchError> {
        loop {
            let samples = self.queue.next(&self.owner);
            if samples.is_empty() {
                return Ok(());
            }
            match self.call(&samples).await {
                Err(error) if error.is_final() => {
                    tracing::error!(%error, samples = samples.len(), "metrics are left out")
                }
                done => done?,
            }
            self.queue.done(samples.len());
        }
    }

    async fn call(&self, samples: &[Sample]) -> Result<(), CloudWatchError> {
        let data = samples.iter().map(|sample| self.datum(sample)).collect();
        let call = self
            .client
            .put_metric_data()
            .namespace(NAMESPACE)
            .set_metric_data(Some(data));
        let made = call.send().await;
        made.map(drop)
            .map_err(|error| CloudWatchError::of("PutMetricData", &error))
    }

    fn datum(&self, sample: &Sample) -> MetricDatum {
        let definition = sample.series.metric.definition();
        let dimensions = sample.dimensions(&self.owner).into_iter();
        let dimensions = dimensions.map(|(name, value)| Dimension::builder().name(name).value(value).build());
        let values = sample.values.iter();
        MetricDatum::builder()
            .metric_name(definition.name)
            .set_dimensions(Some(dimensions.collect()))
            .timestamp(DateTime::from_millis(sample.at.timestamp_millis()))
            .unit(StandardUnit::from(definition.unit.name()))
            .set_values(Some(values.clone().map(|(value, _)| *value).collect()))
            .set_counts(Some(values.map(|(_, count)| f64::from(*count)).collect()))
            .storage_resolution(60)
            .build()
    }
}
