//! Alarms, each as PutMetricAlarm takes it.

use serde_json::Value;

use super::alarm_condition::{condition, periods, span};
use super::alarm_math;
use super::coverage::Named;
use super::findings::Findings;
use super::object::Object;
use super::values::{SIMPLE, is_arn, is_extended_statistic};

const KNOWN: [&str; 21] = [
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "AlarmName",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluateLowSampleCountPercentile",
    "EvaluationPeriods",
    "ExtendedStatistic",
    "InsufficientDataActions",
    "MetricName",
    "Metrics",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Threshold",
    "ThresholdMetricId",
    "TreatMissingData",
    "Unit",
];
const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];
/// What only an alarm on a single metric has.
pub(crate) const OF_ONE_METRIC: [&str; 7] = [
    "MetricName",
    "Namespace",
    "Dimensions",
    "Period",
    "Statistic",
    "ExtendedStatistic",
    "Unit",
];
const MOST_ACTIONS: usize = 5;
const MOST_DIMENSIONS: usize = 30;
const LONGEST_NAME: usize = 255;
const LONGEST_DESCRIPTION: usize = 1024;

/// What alarms there are, and what they look at.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    pub(crate) metrics: Vec<Named>,
    pub(crate) names: Vec<String>,
}

/// Checks `{"alarms": […]}`.
pub(crate) fn check(body: &Value, findings: &mut Findings) -> Watched {
    let mut watched = Watched::default();
    let Some(body) = Object::read(body, "$", findings) else {
        return watched;
    };
    body.has_only(&["alarms"], "a file of alarms", findings);
    body.require("alarms", "write an array of alarms", findings);
    for (path, alarm) in body.list("alarms", findings) {
        let Some(alarm) = Object::read(alarm, path, findings) else {
            continue;
        };
        watched.metrics.extend(one(&alarm, findings));
        let Some(name) = alarm.get("AlarmName").and_then(Value::as_str) else {
            continue;
        };
        if watched.names.iter().any(|other| other == name) {
            let sentence = format!(
                "the name \"{name}\" is given twice, and the second alarm replaces the first: choose another one"
            );
            findings.add(alarm.at("AlarmName"), sentence);
        }
        watched.names.push(name.to_owned());
    }
    watched
}

fn one(alarm: &Object, findings: &mut Findings) -> Vec<Named> {
    alarm.has_only(&KNOWN, "an alarm", findings);
    words(alarm, findings);
    actions(alarm, findings);
    condition(alarm, findings);
    let periods = periods(alarm, findings);
    let (named, period) = match (alarm.has("MetricName"), alarm.has("Metrics")) {
        (true, false) => single(alarm, findings),
        (false, true) => alarm_math::check(alarm, findings),
        (both, _) => {
            let sentence = if both {
                "\"MetricName\" and \"Metrics\" cannot stand together: leave one of them out"
            } else {
                "it looks at nothing: write \"MetricName\", or \"Metrics\" for an expression"
            };
            findings.add(alarm.path.as_str(), sentence);
            return Vec::new();
        }
    };
    if let (Some(period), Some(periods)) = (period, periods) {
        span(alarm, period, periods, findings);
    }
    named
}

fn words(alarm: &Object, findings: &mut Findings) {
    alarm.require("AlarmName", "every alarm has one", findings);
    let is_name = |name: &str| !name.is_empty() && name.len() <= LONGEST_NAME && !name.chars().any(char::is_control);
    alarm.text_that("AlarmName", is_name, "no name: write 1 to 255 characters", findings);
    // CloudWatch does without one, whoever is woken by it does not.
    alarm.require("AlarmDescription", "say what it means and what to do", findings);
    let is_description = |text: &str| !text.trim().is_empty() && text.len() <= LONGEST_DESCRIPTION;
    alarm.text_that(
        "AlarmDescription",
        is_description,
        "no description: write 1 to 1024 characters",
        findings,
    );
    alarm.choice("Unit", &UNITS, findings);
}

fn actions(alarm: &Object, findings: &mut Findings) {
    alarm.truth("ActionsEnabled", findings);
    for field in ["AlarmActions", "OKActions", "InsufficientDataActions"] {
        for (path, action) in alarm.list_of(field, 0..=MOST_ACTIONS, findings) {
            if !action.as_str().is_some_and(is_arn) {
                let sentence = format!("{action} is no ARN: write it as \"arn:aws:sns:REGION:ACCOUNT:TOPIC\"");
                findings.add(path, sentence);
            }
        }
    }
}

/// An alarm on one metric; answers with it, and with its period.
fn single(alarm: &Object, findings: &mut Findings) -> (Vec<Named>, Option<i64>) {
    alarm.require("Namespace", "write \"Tenfold\"", findings);
    alarm.require("Period", "write 60 or a multiple of it", findings);
    let (name, namespace) = (alarm.text("MetricName", findings), alarm.text("Namespace", findings));
    let period = alarm_period(alarm, findings);
    let statistic = statistic(alarm, findings);
    let dimensions = dimensions(alarm, findings);
    let named = name
        .zip(namespace)
        .zip(statistic)
        .map(|((name, namespace), statistic)| Named {
            path: alarm.path.clone(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            dimensions,
            statistic: statistic.to_owned(),
            period,
            unit: alarm.get("Unit").and_then(Value::as_str).map(str::to_owned),
        });
    (named.into_iter().collect(), period)
}

fn statistic<'a>(alarm: &Object<'a>, findings: &mut Findings) -> Option<&'a str> {
    let simple = alarm.choice("Statistic", &SIMPLE, findings);
    let mend = "no extended statistic: write \"p99\" or the like, or a simple one as \"Statistic\"";
    let extended = alarm.text_that("ExtendedStatistic", is_extended_statistic, mend, findings);
    match (alarm.has("Statistic"), alarm.has("ExtendedStatistic")) {
        (true, true) => {
            let sentence = "\"Statistic\" and \"ExtendedStatistic\" cannot stand together: leave one of them out";
            findings.add(alarm.path.as_str(), sentence);
        }
        (false, false) => {
            let sentence = "it has no statistic: write \"Statistic\", or \"ExtendedStatistic\" for a percentile";
            findings.add(alarm.path.as_str(), sentence);
        }
        _ => {}
    }
    simple.or(extended)
}

/// The period of an alarm, or of a metric in its expression.
pub(crate) fn alarm_period(object: &Object, findings: &mut Findings) -> Option<i64> {
    let seconds = object.whole("Period", i64::MIN..=i64::MAX, findings)?;
    if matches!(seconds, 10 | 20 | 30) || (seconds > 0 && seconds % 60 == 0) {
        return Some(seconds);
    }
    let sentence = format!(
        "{seconds} is no period of an alarm: write 60 or a multiple of it (10, 20 and 30 are for metrics of high resolution)"
    );
    findings.add(object.at("Period"), sentence);
    None
}

/// `[{"Name": …, "Value": …}]`.
pub(crate) fn dimensions(object: &Object, findings: &mut Findings) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for (path, dimension) in object.list_of("Dimensions", 0..=MOST_DIMENSIONS, findings) {
        let Some(dimension) = Object::read(dimension, path, findings) else {
            continue;
        };
        dimension.has_only(&["Name", "Value"], "a dimension", findings);
        for field in ["Name", "Value"] {
            dimension.require(field, "write it", findings);
        }
        let (name, value) = (dimension.text("Name", findings), dimension.text("Value", findings));
        let Some((name, value)) = name.zip(value) else {
            continue;
        };
        if all.iter().any(|(other, _)| other == name) {
            findings.add(
                dimension.path.as_str(),
                format!("the dimension \"{name}\" stands here twice: leave one out"),
            );
        }
        all.push((name.to_owned(), value.to_owned()));
    }
    all
}
