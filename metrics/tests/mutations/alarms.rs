//! Alarms.

use serde_json::{Value, json};
use tenfold_metrics::template::Place;
use tenfold_metrics::{check, shipped};

use super::{Mutation, refused};

#[test]
fn broken_alarms_are_refused() {
    let mutations: [Mutation; 17] = [
        (
            "/ComparisonOperator",
            json!(">="),
            "$.alarms[1].ComparisonOperator: \">=\" is none of the choices: write \"GreaterThanOrEqualToThreshold\", \"GreaterThanThreshold\", \"LessThanThreshold\" or \"LessThanOrEqualToThreshold\"",
        ),
        (
            "/TreatMissingData",
            json!("breach"),
            "$.alarms[1].TreatMissingData: \"breach\" is none of the choices: write \"breaching\", \"notBreaching\", \"ignore\" or \"missing\"",
        ),
        (
            "/TreatMissingData",
            Value::Null,
            "$.alarms[1]: \"TreatMissingData\" is missing: say what no data mean: \"breaching\", \"notBreaching\", \"ignore\" or \"missing\"",
        ),
        (
            "/EvaluationPeriods",
            json!(0),
            "$.alarms[1].EvaluationPeriods: 0 is too little: it must be 1 or more",
        ),
        (
            "/DatapointsToAlarm",
            json!(6),
            "$.alarms[1].DatapointsToAlarm: 6 of 5 periods can never be: write 5 or less",
        ),
        (
            "/Period",
            json!(45),
            "$.alarms[1].Period: 45 is no period of an alarm: write 60 or a multiple of it (10, 20 and 30 are for metrics of high resolution)",
        ),
        (
            "/EvaluationPeriods",
            json!(1441),
            "$.alarms[1].EvaluationPeriods: 1441 periods of 60 seconds are longer than a day: write fewer",
        ),
        (
            "/ExtendedStatistic",
            json!("p99"),
            "$.alarms[1]: \"Statistic\" and \"ExtendedStatistic\" cannot stand together: leave one of them out",
        ),
        (
            "/Statistic",
            Value::Null,
            "$.alarms[1]: it has no statistic: write \"Statistic\", or \"ExtendedStatistic\" for a percentile",
        ),
        (
            "/Statistic",
            json!("p99"),
            "$.alarms[1].Statistic: \"p99\" is none of the choices: write \"SampleCount\", \"Average\", \"Sum\", \"Minimum\" or \"Maximum\"",
        ),
        (
            "/Threshold",
            json!("1"),
            "$.alarms[1].Threshold: a text stands here where a number is wanted",
        ),
        (
            "/Unit",
            json!("Milliseconds"),
            "$.alarms[1]: \"UsersWaiting\" is published in Count, and nothing is in Milliseconds: write \"Count\"",
        ),
        (
            "/MetricName",
            json!("UsersWaitng"),
            "$.alarms[1]: nothing publishes the metric \"UsersWaitng\": write \"UsersWaiting\", if that was meant",
        ),
        (
            "/AlarmName",
            json!("tenfold-tenfold-production-no-heartbeat"),
            "$.alarms[1].AlarmName: the name \"tenfold-tenfold-production-no-heartbeat\" is given twice, and the second alarm replaces the first: choose another one",
        ),
        (
            "/AlarmActions",
            json!(["pager"]),
            "$.alarms[1].AlarmActions[0]: \"pager\" is no ARN: write it as \"arn:aws:sns:REGION:ACCOUNT:TOPIC\"",
        ),
        (
            "/Dimensions/0",
            json!({ "Name": "InstanceId", "Value": "i-1" }),
            "$.alarms[1]: \"UsersWaiting\" is published with the dimensions Fleet, Environment and no others, and here it has Environment, InstanceId: name exactly those",
        ),
        (
            "/EvaluateLowSampleCountPercentile",
            json!("ignore"),
            "$.alarms[1].EvaluateLowSampleCountPercentile: \"EvaluateLowSampleCountPercentile\" is for percentiles only: leave it out",
        ),
    ];
    refused(shipped::ALARMS, "/alarms/1", &mutations, check::alarms);
}

#[test]
fn an_alarm_on_an_expression_is_checked_like_one() {
    let stat = |id: &str, name: &str| {
        let dimensions =
            json!([{ "Name": "Fleet", "Value": "tenfold" }, { "Name": "Environment", "Value": "production" }]);
        let metric = json!({ "Namespace": "Tenfold", "MetricName": name, "Dimensions": dimensions });
        json!({ "Id": id, "ReturnData": false, "MetricStat": { "Metric": metric, "Period": 60, "Stat": "Average" } })
    };
    let alarm = |expression: &str| {
        json!({ "alarms": [{
            "AlarmName": "a", "AlarmDescription": "b", "ComparisonOperator": "GreaterThanThreshold", "Threshold": 1,
            "EvaluationPeriods": 1, "TreatMissingData": "missing",
            "Metrics": [{ "Id": "e1", "Expression": expression }, stat("free", "SeatsFree"), stat("all", "Seats")],
        }] })
    };
    let place = Place::example();
    assert_eq!(check::alarms(&alarm("free / all"), &place), []);
    let mut two = alarm("free / al");
    two["alarms"][0]["Metrics"][1]["ReturnData"] = true.into();
    two["alarms"][0]["Statistic"] = "Sum".into();
    let found: Vec<String> = check::alarms(&two, &place).iter().map(ToString::to_string).collect();
    let expected = [
        "$.alarms[0].Statistic: \"Statistic\" cannot stand beside \"Metrics\": write it inside",
        "$.alarms[0].Metrics[0]: the expression names \"al\", which is not there: write \"all\", if that was meant",
        "$.alarms[0].Metrics: 2 of these return data: write \"ReturnData\": false in all but the one to look at",
    ];
    assert_eq!(found, expected);
}
