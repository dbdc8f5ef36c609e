//! When an alarm goes off.

use super::findings::Findings;
use super::object::Object;

const OPERATORS: [&str; 4] = [
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
];
/// Those that compare with a band, not with a number.
const BAND_OPERATORS: [&str; 3] = [
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
];
const DAY: i64 = 24 * 3600;
const HOUR: i64 = 3600;

/// When it goes off.
pub(crate) fn condition(alarm: &Object, findings: &mut Findings) {
    let of_band = alarm.has("ThresholdMetricId");
    alarm.text("ThresholdMetricId", findings);
    let operators: &[&str] = if of_band { &BAND_OPERATORS } else { &OPERATORS };
    alarm.require("ComparisonOperator", "write one, as \"GreaterThanThreshold\"", findings);
    alarm.choice("ComparisonOperator", operators, findings);
    alarm.number("Threshold", findings);
    if of_band && alarm.has("Threshold") {
        let sentence = "a band stands in the threshold's place: leave \"Threshold\" or \"ThresholdMetricId\" out";
        findings.add(alarm.path.as_str(), sentence);
    }
    if !of_band {
        alarm.require("Threshold", "write the number to compare with", findings);
    }
    // CloudWatch takes "missing" for granted, which is how an alarm on a heartbeat never goes off.
    let missing = "say what no data mean: \"breaching\", \"notBreaching\", \"ignore\" or \"missing\"";
    alarm.require("TreatMissingData", missing, findings);
    alarm.choice(
        "TreatMissingData",
        &["breaching", "notBreaching", "ignore", "missing"],
        findings,
    );
    alarm.choice("EvaluateLowSampleCountPercentile", &["evaluate", "ignore"], findings);
    if alarm.has("EvaluateLowSampleCountPercentile") && !alarm.has("ExtendedStatistic") {
        let field = "EvaluateLowSampleCountPercentile";
        findings.add(
            alarm.at(field),
            format!("\"{field}\" is for percentiles only: leave it out"),
        );
    }
}

/// Over how many periods it looks.
pub(crate) fn periods(alarm: &Object, findings: &mut Findings) -> Option<i64> {
    alarm.require("EvaluationPeriods", "write over how many periods it looks", findings);
    let all = alarm.whole("EvaluationPeriods", 1..=i64::MAX, findings)?;
    let enough = alarm.whole("DatapointsToAlarm", 1..=i64::MAX, findings);
    if let Some(enough) = enough.filter(|enough| *enough > all) {
        let sentence = format!("{enough} of {all} periods can never be: write {all} or less");
        findings.add(alarm.at("DatapointsToAlarm"), sentence);
    }
    Some(all)
}

/// How long that is altogether.
pub(crate) fn span(alarm: &Object, period: i64, periods: i64, findings: &mut Findings) {
    let (most, words) = if period < HOUR {
        (DAY, "a day")
    } else {
        (7 * DAY, "seven days")
    };
    if period.saturating_mul(periods) > most {
        let sentence = format!("{periods} periods of {period} seconds are longer than {words}: write fewer");
        findings.add(alarm.at("EvaluationPeriods"), sentence);
    }
}
