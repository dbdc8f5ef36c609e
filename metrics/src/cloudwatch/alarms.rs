//! The alarms, as CloudWatch has them.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{
    AlarmType, ComparisonOperator, Dimension, Metric, MetricAlarm, MetricDataQuery, MetricStat,
};
use serde::Deserialize;

use super::error::CloudWatchError;
use crate::generate::target::is_account;

/// An alarm, in the words of PutMetricAlarm.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[allow(missing_docs)] // CloudWatch's own names
pub struct Alarm {
    pub alarm_name: String,
    pub alarm_description: String,
    pub metrics: Vec<Query>,
    pub evaluation_periods: i32,
    pub datapoints_to_alarm: i32,
    pub comparison_operator: String,
    pub threshold: f64,
    pub treat_missing_data: String,
    pub alarm_actions: Vec<String>,
    #[serde(rename = "OKActions")]
    pub ok_actions: Vec<String>,
}

/// A metric that an alarm reads, or an expression of such. It watches the one that returns data.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Query {
    pub id: String,
    pub expression: Option<String>,
    pub metric_stat: Option<Stat>,
    pub return_data: bool,
}

/// A statistic of a metric.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Stat {
    pub metric: MetricName,
    pub period: i32,
    pub stat: String,
}

/// A metric by its name and its dimensions.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[allow(missing_docs)]
pub struct MetricName {
    pub namespace: String,
    pub metric_name: String,
    pub dimensions: Vec<NameAndValue>,
}

/// A dimension.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[allow(missing_docs)]
pub struct NameAndValue {
    pub name: String,
    pub value: String,
}

/// An alarm that CloudWatch has.
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
        self.arn.split(':').nth(4).filter(|account| is_account(account))
    }
}

/// All alarms whose names begin with `prefix`.
pub async fn live(client: &Client, prefix: &str) -> Result<Vec<LiveAlarm>, CloudWatchError> {
    let call = client
        .describe_alarms()
        .alarm_name_prefix(prefix)
        .alarm_types(AlarmType::MetricAlarm);
    let mut pages = call.into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| CloudWatchError::of("DescribeAlarms", &error))?;
        found.extend(page.metric_alarms().iter().map(live_alarm));
    }
    Ok(found)
}

/// Makes or changes an alarm.
pub async fn put(client: &Client, alarm: Alarm) -> Result<(), CloudWatchError> {
    let call = client
        .put_metric_alarm()
        .alarm_name(alarm.alarm_name)
        .alarm_description(alarm.alarm_description)
        .set_metrics(Some(alarm.metrics.into_iter().map(query).collect()))
        .evaluation_periods(alarm.evaluation_periods)
        .datapoints_to_alarm(alarm.datapoints_to_alarm)
        .comparison_operator(ComparisonOperator::from(alarm.comparison_operator.as_str()))
        .threshold(alarm.threshold)
        .treat_missing_data(alarm.treat_missing_data)
        .set_alarm_actions(Some(alarm.alarm_actions))
        .set_ok_actions(Some(alarm.ok_actions));
    let made = call.send().await;
    made.map(drop)
        .map_err(|error| CloudWatchError::of("PutMetricAlarm", &error))
}

fn query(query: Query) -> MetricDataQuery {
    let dimension = |pair: NameAndValue| Dimension::builder().name(pair.name).value(pair.value).build();
    let stat = |stat: Stat| {
        let metric = Metric::builder()
            .namespace(stat.metric.namespace)
            .metric_name(stat.metric.metric_name)
            .set_dimensions(Some(stat.metric.dimensions.into_iter().map(dimension).collect()));
        MetricStat::builder()
            .metric(metric.build())
            .period(stat.period)
            .stat(stat.stat)
            .build()
    };
    MetricDataQuery::builder()
        .id(query.id)
        .set_expression(query.expression)
        .set_metric_stat(query.metric_stat.map(stat))
        .return_data(query.return_data)
        .build()
}

fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

fn live_alarm(found: &MetricAlarm) -> LiveAlarm {
    LiveAlarm {
        arn: text(found.alarm_arn()),
        alarm: Alarm {
            alarm_name: text(found.alarm_name()),
            alarm_description: text(found.alarm_description()),
            metrics: found.metrics().iter().map(live_query).collect(),
            evaluation_periods: found.evaluation_periods().unwrap_or_default(),
            datapoints_to_alarm: found.datapoints_to_alarm().unwrap_or_default(),
            comparison_operator: text(found.comparison_operator().map(ComparisonOperator::as_str)),
            threshold: found.threshold().unwrap_or_default(),
            treat_missing_data: text(found.treat_missing_data()),
            alarm_actions: found.alarm_actions().to_vec(),
            ok_actions: found.ok_actions().to_vec(),
        },
    }
}

fn live_query(found: &MetricDataQuery) -> Query {
    let pair = |dimension: &Dimension| NameAndValue {
        name: text(dimension.name()),
        value: text(dimension.value()),
    };
    let metric = |metric: &Metric| MetricName {
        namespace: text(metric.namespace()),
        metric_name: text(metric.metric_name()),
        dimensions: metric.dimensions().iter().map(pair).collect(),
    };
    let stat = |stat: &MetricStat| Stat {
        metric: stat.metric().map(metric).unwrap_or_default(),
        period: stat.period().unwrap_or_default(),
        stat: text(stat.stat()),
    };
    Query {
        id: text(found.id()),
        expression: found.expression().map(str::to_owned),
        metric_stat: found.metric_stat().map(stat),
        return_data: found.return_data().unwrap_or(true),
    }
}
