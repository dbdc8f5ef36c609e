//! The alarms, as CloudWatch has them: JSON in the words of PutMetricAlarm.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{
    AlarmType, ComparisonOperator, Dimension, Metric, MetricAlarm, MetricDataQuery, MetricStat,
};
use serde_json::{Value, json};

use super::error::CloudWatchError;

/// An alarm that CloudWatch has.
pub struct LiveAlarm {
    /// What it is.
    pub alarm: Value,
    /// `arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME`.
    pub arn: String,
}

/// All alarms whose names begin with `prefix`.
pub async fn live(client: &Client, prefix: &str) -> Result<Vec<LiveAlarm>, CloudWatchError> {
    let call = client.describe_alarms().alarm_name_prefix(prefix);
    let mut pages = call.alarm_types(AlarmType::MetricAlarm).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| CloudWatchError::of("DescribeAlarms", &error))?;
        found.extend(page.metric_alarms().iter().map(live_alarm));
    }
    Ok(found)
}

/// Makes or changes an alarm.
pub async fn put(client: &Client, alarm: &Value) -> Result<(), CloudWatchError> {
    let call = client
        .put_metric_alarm()
        .alarm_name(text(&alarm["AlarmName"]))
        .alarm_description(text(&alarm["AlarmDescription"]))
        .set_metrics(Some(list(&alarm["Metrics"], query)))
        .evaluation_periods(number(&alarm["EvaluationPeriods"]))
        .datapoints_to_alarm(number(&alarm["DatapointsToAlarm"]))
        .comparison_operator(ComparisonOperator::from(text(&alarm["ComparisonOperator"]).as_str()))
        .threshold(alarm["Threshold"].as_f64().unwrap_or_default())
        .treat_missing_data(text(&alarm["TreatMissingData"]))
        .set_alarm_actions(Some(list(&alarm["AlarmActions"], text)))
        .set_ok_actions(Some(list(&alarm["OKActions"], text)));
    let made = call.send().await;
    made.map(drop)
        .map_err(|error| CloudWatchError::of("PutMetricAlarm", &error))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn number(value: &Value) -> i32 {
    value
        .as_i64()
        .and_then(|number| number.try_into().ok())
        .unwrap_or_default()
}

fn list<T>(value: &Value, item: fn(&Value) -> T) -> Vec<T> {
    value.as_array().into_iter().flatten().map(item).collect()
}

fn query(query: &Value) -> MetricDataQuery {
    let dimension = |pair: &Value| {
        let dimension = Dimension::builder().name(text(&pair["Name"]));
        dimension.value(text(&pair["Value"])).build()
    };
    let stat = |stat: &Value| {
        let metric = Metric::builder()
            .namespace(text(&stat["Metric"]["Namespace"]))
            .metric_name(text(&stat["Metric"]["MetricName"]))
            .set_dimensions(Some(list(&stat["Metric"]["Dimensions"], dimension)));
        let stat = MetricStat::builder()
            .period(number(&stat["Period"]))
            .stat(text(&stat["Stat"]));
        stat.metric(metric.build()).build()
    };
    MetricDataQuery::builder()
        .id(text(&query["Id"]))
        .set_expression(query.get("Expression").map(text))
        .set_metric_stat(query.get("MetricStat").map(stat))
        .return_data(query["ReturnData"] == true)
        .build()
}

fn live_alarm(found: &MetricAlarm) -> LiveAlarm {
    let metrics: Vec<Value> = found.metrics().iter().map(live_query).collect();
    let alarm = json!({
        "AlarmName": found.alarm_name(),
        "AlarmDescription": found.alarm_description(),
        "Metrics": metrics,
        "EvaluationPeriods": found.evaluation_periods(),
        "DatapointsToAlarm": found.datapoints_to_alarm(),
        "ComparisonOperator": found.comparison_operator().map(ComparisonOperator::as_str),
        "Threshold": found.threshold(),
        "TreatMissingData": found.treat_missing_data(),
        "AlarmActions": found.alarm_actions(),
        "OKActions": found.ok_actions(),
    });
    let arn = found.alarm_arn().unwrap_or_default().to_owned();
    LiveAlarm { alarm, arn }
}

fn live_query(found: &MetricDataQuery) -> Value {
    let mut query = json!({ "Id": found.id(), "ReturnData": found.return_data().unwrap_or(true) });
    if let Some(expression) = found.expression() {
        query["Expression"] = expression.into();
    }
    if let Some(stat) = found.metric_stat() {
        let metric = stat.metric();
        let dimensions = metric.map(Metric::dimensions).unwrap_or_default().iter();
        let dimensions = dimensions.map(|pair| json!({ "Name": pair.name(), "Value": pair.value() }));
        query["MetricStat"] = json!({
            "Metric": {
                "Namespace": metric.and_then(Metric::namespace),
                "MetricName": metric.and_then(Metric::metric_name),
                "Dimensions": dimensions.collect::<Vec<_>>(),
            },
            "Period": stat.period(),
            "Stat": stat.stat(),
        });
    }
    query
}
