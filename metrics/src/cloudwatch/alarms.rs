//! Alarms: as a file has them, and as CloudWatch has them.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{AlarmType, ComparisonOperator, Dimension, MetricAlarm, StandardUnit, Statistic};
use serde::Deserialize;

use super::trouble::Trouble;

/// An alarm on one metric, in the words of PutMetricAlarm.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[allow(missing_docs)] // CloudWatch's own names
pub struct Alarm {
    pub alarm_name: String,
    pub alarm_description: String,
    pub namespace: String,
    pub metric_name: String,
    pub dimensions: Vec<NameAndValue>,
    pub statistic: Option<String>,
    pub extended_statistic: Option<String>,
    pub unit: Option<String>,
    pub period: i32,
    pub evaluation_periods: i32,
    pub datapoints_to_alarm: Option<i32>,
    pub comparison_operator: String,
    pub threshold: f64,
    pub treat_missing_data: String,
    #[serde(default)]
    pub alarm_actions: Vec<String>,
    #[serde(default, rename = "OKActions")]
    pub ok_actions: Vec<String>,
}

/// A dimension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[allow(missing_docs)]
pub struct NameAndValue {
    pub name: String,
    pub value: String,
}

/// An alarm that is published.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveAlarm {
    /// What it is.
    pub alarm: Alarm,
    /// `arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME`.
    pub arn: String,
}

impl LiveAlarm {
    /// The account that it is in.
    pub fn account(&self) -> Option<&str> {
        self.arn
            .split(':')
            .nth(4)
            .filter(|account| crate::check::is_account(account))
    }
}

/// All alarms whose names begin with `prefix`, by CloudWatch's pages.
///
/// # Errors
/// [`Trouble`].
pub async fn live(client: &Client, prefix: &str) -> Result<Vec<LiveAlarm>, Trouble> {
    let mut found = Vec::new();
    let mut page = None;
    loop {
        let call = client
            .describe_alarms()
            .alarm_name_prefix(prefix)
            .alarm_types(AlarmType::MetricAlarm)
            .set_next_token(page);
        let answer = call
            .send()
            .await
            .map_err(|error| Trouble::of("DescribeAlarms", &error))?;
        found.extend(answer.metric_alarms().iter().map(live_alarm));
        match answer.next_token {
            Some(next) if !next.is_empty() => page = Some(next),
            _ => return Ok(found),
        }
    }
}

/// Makes or changes an alarm.
///
/// # Errors
/// [`Trouble`].
pub async fn put(client: &Client, alarm: &Alarm) -> Result<(), Trouble> {
    let alarm = alarm.clone();
    let dimension = |pair: NameAndValue| Dimension::builder().name(pair.name).value(pair.value).build();
    let call = client
        .put_metric_alarm()
        .alarm_name(alarm.alarm_name)
        .alarm_description(alarm.alarm_description)
        .namespace(alarm.namespace)
        .metric_name(alarm.metric_name)
        .set_dimensions(Some(alarm.dimensions.into_iter().map(dimension).collect()))
        .set_statistic(alarm.statistic.as_deref().map(Statistic::from))
        .set_extended_statistic(alarm.extended_statistic)
        .set_unit(alarm.unit.as_deref().map(StandardUnit::from))
        .period(alarm.period)
        .evaluation_periods(alarm.evaluation_periods)
        .set_datapoints_to_alarm(alarm.datapoints_to_alarm)
        .comparison_operator(ComparisonOperator::from(alarm.comparison_operator.as_str()))
        .threshold(alarm.threshold)
        .treat_missing_data(alarm.treat_missing_data)
        .set_alarm_actions(Some(alarm.alarm_actions))
        .set_ok_actions(Some(alarm.ok_actions));
    let made = call.send().await;
    made.map(drop).map_err(|error| Trouble::of("PutMetricAlarm", &error))
}

fn live_alarm(found: &MetricAlarm) -> LiveAlarm {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let pair = |dimension: &Dimension| NameAndValue {
        name: text(dimension.name()),
        value: text(dimension.value()),
    };
    LiveAlarm {
        arn: text(found.alarm_arn()),
        alarm: Alarm {
            alarm_name: text(found.alarm_name()),
            alarm_description: text(found.alarm_description()),
            namespace: text(found.namespace()),
            metric_name: text(found.metric_name()),
            dimensions: found.dimensions().iter().map(pair).collect(),
            statistic: found.statistic().map(|statistic| statistic.as_str().to_owned()),
            extended_statistic: found.extended_statistic().map(str::to_owned),
            unit: found.unit().map(|unit| unit.as_str().to_owned()),
            period: found.period().unwrap_or_default(),
            evaluation_periods: found.evaluation_periods().unwrap_or_default(),
            datapoints_to_alarm: found.datapoints_to_alarm(),
            comparison_operator: text(found.comparison_operator().map(ComparisonOperator::as_str)),
            threshold: found.threshold().unwrap_or_default(),
            treat_missing_data: text(found.treat_missing_data()),
            alarm_actions: found.alarm_actions().to_vec(),
            ok_actions: found.ok_actions().to_vec(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped;
    use crate::template::Place;

    #[test]
    fn every_alarm_that_is_shipped_can_be_put() {
        let mut place = Place::example();
        place.topic = Some("arn:aws:sns:us-east-1:123456789012:pager".into());
        let filled = place.fill(&shipped::alarms()).unwrap();
        let alarms: Vec<Alarm> = Deserialize::deserialize(&filled["alarms"]).unwrap();
        assert_eq!(alarms.len(), 5);
        assert!(
            alarms
                .iter()
                .all(|alarm| alarm.alarm_actions.len() == 1 && alarm.ok_actions.len() == 1)
        );
    }
}
