//! Putting data, and asking what has arrived.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit, Statistic};
use chrono::Utc;

use super::trouble::Trouble;
use crate::catalogue::NAMESPACE;
use crate::datum::{Datum, Owner};

/// CloudWatch keeps nothing finer for long.
const MINUTE: i64 = 60;

/// CloudWatch, as one fleet uses it.
#[derive(Clone, Debug)]
pub struct CloudWatch {
    client: Client,
    owner: Owner,
}

impl CloudWatch {
    /// For the metrics of `owner`.
    pub fn new(client: Client, owner: Owner) -> CloudWatch {
        CloudWatch { client, owner }
    }

    /// Whose metrics they are.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Makes one call with all of `data`, which must be within the limits of [`batches`](crate::batches). Made twice it counts
    /// twice.
    ///
    /// # Errors
    /// [`Trouble`], which also says whether it may have arrived.
    pub async fn put(&self, data: &[Datum]) -> Result<(), Trouble> {
        let data = data.iter().map(|datum| self.datum(datum)).collect();
        let call = self
            .client
            .put_metric_data()
            .namespace(NAMESPACE)
            .set_metric_data(Some(data));
        let made = call.send().await;
        made.map(drop).map_err(|error| Trouble::of("PutMetricData", &error))
    }

    /// How much of the datum's series has arrived in the datum's minute: the sum of a counter, the number of times.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn arrived(&self, datum: &Datum) -> Result<f64, Trouble> {
        let statistic = match datum.series.metric.definition().statistics.first() {
            Some(&"Sum") => Statistic::Sum,
            _ => Statistic::SampleCount,
        };
        let minute = datum.at.timestamp().div_euclid(MINUTE) * MINUTE;
        let call = self
            .client
            .get_metric_statistics()
            .namespace(NAMESPACE)
            .metric_name(datum.series.metric.name())
            .set_dimensions(Some(self.dimensions(datum)))
            .start_time(DateTime::from_secs(minute))
            .end_time(DateTime::from_secs(minute + MINUTE))
            .period(60)
            .statistics(statistic);
        let answer = call
            .send()
            .await
            .map_err(|error| Trouble::of("GetMetricStatistics", &error))?;
        let points = answer.datapoints().iter();
        Ok(points.filter_map(|point| point.sum().or(point.sample_count())).sum())
    }

    fn datum(&self, datum: &Datum) -> MetricDatum {
        let definition = datum.series.metric.definition();
        let values = datum.values.iter();
        MetricDatum::builder()
            .metric_name(definition.name)
            .set_dimensions(Some(self.dimensions(datum)))
            .timestamp(in_milliseconds(datum.at))
            .unit(StandardUnit::from(definition.unit.name()))
            .set_values(Some(values.clone().map(|counted| counted.value).collect()))
            .set_counts(Some(values.map(|counted| f64::from(counted.count)).collect()))
            .storage_resolution(60)
            .build()
    }

    fn dimensions(&self, datum: &Datum) -> Vec<Dimension> {
        let dimensions = datum.dimensions(&self.owner).into_iter();
        dimensions
            .map(|(name, value)| Dimension::builder().name(name).value(value).build())
            .collect()
    }
}

fn in_milliseconds(at: chrono::DateTime<Utc>) -> DateTime {
    DateTime::from_millis(at.timestamp_millis())
}
