//! The alarms, each as PutMetricAlarm takes it.

use serde_json::{Value, json};

use super::target::Target;
use crate::catalogue::{CATALOGUE, Definition, Kind, NAMESPACE};
use crate::shown::Alarm;

/// All alarms of the catalogue.
pub fn alarms(target: &Target) -> Value {
    let watched = CATALOGUE.iter().filter_map(|metric| Some((metric, metric.alarm?)));
    let alarms: Vec<Value> = watched.map(|(metric, alarm)| json_of(metric, alarm, target)).collect();
    json!({ "alarms": alarms })
}

fn json_of(metric: &Definition, alarm: Alarm, target: &Target) -> Value {
    let topic: Vec<&String> = target.topic.iter().collect();
    let (comparison, threshold) = alarm.is.name_and_threshold();
    json!({
        "AlarmName": target.alarm_name(alarm.name),
        "AlarmDescription": alarm.description,
        "Metrics": queries(metric, alarm, target),
        "EvaluationPeriods": alarm.periods,
        "DatapointsToAlarm": alarm.periods,
        "ComparisonOperator": comparison,
        "Threshold": threshold,
        "TreatMissingData": alarm.missing.name(),
        "AlarmActions": topic,
        "OKActions": topic,
    })
}

fn queries(metric: &Definition, alarm: Alarm, target: &Target) -> Vec<Value> {
    let is_counter = metric.kind == Kind::Counter;
    let stat = json!({
        "Metric": {
            "Namespace": NAMESPACE,
            "MetricName": metric.name,
            "Dimensions": [
                { "Name": "Fleet", "Value": target.owner.fleet },
                { "Name": "Environment", "Value": target.owner.environment },
            ],
        },
        "Period": alarm.period,
        "Stat": alarm.statistic,
    });
    let mut queries = vec![json!({ "Id": "level", "MetricStat": stat, "ReturnData": !is_counter })];
    if is_counter {
        queries.push(json!({ "Id": "growth", "Expression": "DIFF(level)", "ReturnData": true }));
    }
    queries
}
