//! Texts with a form of their own: statistics, periods, regions, times, colours, ARNs.

use chrono::DateTime;

/// What to write instead, for sentences.
pub(crate) const NO_STATISTIC: &str = "no statistic: write \"Average\", \"Sum\", \"Minimum\", \"Maximum\", \"SampleCount\", \"IQM\", \
     a percentile from \"p0\" to \"p100\" as \"p99\" or \"p99.9\", or tm, tc, ts or wm in place of p";
pub(crate) const NO_REGION: &str = "no region: write one as \"eu-central-1\"";
pub(crate) const NO_COLOUR: &str = "no colour: write it as \"#d62728\"";
pub(crate) const NO_ALARM_ARN: &str =
    "no ARN of an alarm: write it as \"arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME\"";
pub(crate) const NO_TIME: &str = "no time: write it as \"2026-11-23T18:00:00.000Z\"";

/// The statistics that need no number.
pub(crate) const SIMPLE: [&str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

/// Whether it is a statistic of any kind.
pub(crate) fn is_statistic(text: &str) -> bool {
    SIMPLE.contains(&text) || is_extended_statistic(text)
}

/// Whether it is one that PutMetricAlarm calls extended.
pub(crate) fn is_extended_statistic(text: &str) -> bool {
    text == "IQM" || is_percentile(text) || is_shortened(text) || is_between(text)
}

/// As `p99` or `p99.9`.
pub(crate) fn is_percentile(text: &str) -> bool {
    text.strip_prefix('p').is_some_and(is_percentage)
}

fn is_shortened(text: &str) -> bool {
    ["tm", "tc", "ts", "wm"]
        .iter()
        .any(|name| text.strip_prefix(name).is_some_and(is_percentage))
}

/// As `TM(10%:90%)`, `PR(100:2000)` or `PR(:300)`.
fn is_between(text: &str) -> bool {
    let names = ["PR", "TM", "TC", "TS", "WM"];
    let inside = names
        .iter()
        .find_map(|name| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')'));
    let Some((from, to)) = inside.and_then(|inside| inside.split_once(':')) else {
        return false;
    };
    let is_bound = |bound: &str| match bound.strip_suffix('%') {
        Some(percentage) => !text.starts_with("PR") && is_percentage(percentage),
        None => bound.is_empty() || bound.parse::<f64>().is_ok_and(f64::is_finite),
    };
    is_bound(from) && is_bound(to) && !(from.is_empty() && to.is_empty())
}

/// 0 to 100 with at most ten decimals.
fn is_percentage(text: &str) -> bool {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = is_digits(whole) && whole.len() <= 3 && is_digits(decimals) && decimals.len() <= 10;
    fits && text.parse::<f64>().is_ok_and(|number| number <= 100.0)
}

/// Whether a dashboard may have a period of so many seconds.
pub(crate) fn is_period(seconds: i64) -> bool {
    matches!(seconds, 1 | 5 | 10 | 20 | 30) || (seconds > 0 && seconds % 60 == 0)
}

/// As `eu-central-1` or `us-gov-west-1`.
pub(crate) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [area, words @ .., number] = parts.as_slice() else {
        return false;
    };
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    area.len() == 2 && is_word(area) && !words.is_empty() && words.iter().all(is_word) && is_number
}

/// Twelve digits.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// As `#d62728`.
pub(crate) fn is_colour(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// As `2018-12-17T06:00:00.000Z`.
pub(crate) fn is_time(text: &str) -> bool {
    DateTime::parse_from_rfc3339(text).is_ok()
}

/// As `-PT6H`, `-P7D` or `-P1DT12H`.
pub(crate) fn is_relative_time(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("-P") else {
        return false;
    };
    let (days, time) = match rest.split_once('T') {
        Some((days, time)) => (days, Some(time)),
        None => (rest, None),
    };
    let is_right = is_amounts(days, "YMWD") && time.is_none_or(|time| !time.is_empty() && is_amounts(time, "HMS"));
    is_right && !rest.is_empty()
}

/// Numbers, each followed by one of `units`, which come in their order.
fn is_amounts(text: &str, units: &str) -> bool {
    let mut units = units.chars();
    let mut digits = 0;
    for character in text.chars() {
        if character.is_ascii_digit() {
            digits += 1;
        } else if digits == 0 || !units.any(|unit| unit == character) {
            return false;
        } else {
            digits = 0;
        }
    }
    digits == 0
}

/// The name in an alarm's ARN.
pub(crate) fn alarm_of_arn(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(7, ':');
    let is_arn = parts.next()? == "arn" && is_partition(parts.next()?) && parts.next()? == "cloudwatch";
    let is_place = is_region(parts.next()?) && is_account(parts.next()?);
    let is_alarm = parts.next()? == "alarm";
    let name = parts.next()?;
    (is_arn && is_place && is_alarm && !name.is_empty()).then_some(name)
}

/// Whether it is any resource's ARN.
pub(crate) fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", partition, service, _, _, resource]
        if is_partition(partition) && !service.is_empty() && !resource.is_empty())
}

fn is_partition(text: &str) -> bool {
    text == "aws" || text.starts_with("aws-")
}

/// Whether an expression may call something so: a lower-case letter, then letters, digits and underscores.
pub(crate) fn is_id(text: &str) -> bool {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    text.starts_with(|first: char| first.is_ascii_lowercase()) && text.chars().all(is_part) && text.len() <= 255
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right_and_wrong(is_right: fn(&str) -> bool, right: &[&str], wrong: &[&str]) {
        for text in right {
            assert!(is_right(text), "{text} is right");
        }
        for text in wrong {
            assert!(!is_right(text), "{text} is wrong");
        }
    }

    #[test]
    fn statistics() {
        let right = [
            "Sum",
            "p50",
            "p99.9",
            "p100",
            "tm90",
            "wm98.5",
            "TM(10%:90%)",
            "PR(:300)",
            "TS(80%:)",
            "IQM",
        ];
        let wrong = [
            "sum",
            "p101",
            "p",
            "P99",
            "p-1",
            "p9.",
            "median",
            "TM(90%)",
            "PR(10%:20%)",
            "TM(:)",
            "p1e1",
        ];
        right_and_wrong(is_statistic, &right, &wrong);
    }

    #[test]
    fn places() {
        let right = ["eu-central-1", "us-gov-west-1", "ap-southeast-10"];
        right_and_wrong(
            is_region,
            &right,
            &["", "eu-central", "EU-central-1", "eu--1", "europe-west-1", "{{region}}"],
        );
        assert_eq!(
            alarm_of_arn("arn:aws:cloudwatch:eu-central-1:123456789012:alarm:a:b"),
            Some("a:b")
        );
        for wrong in [
            "a",
            "arn:aws:sns:eu-central-1:123456789012:alarm:a",
            "arn:aws:cloudwatch:eu-central-1:12:alarm:a",
        ] {
            assert_eq!(alarm_of_arn(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times() {
        let wrong = ["", "-P", "-PT", "PT6H", "-PT6D", "-P6", "-PH6", "6h", "-P1H", "-PT1M1H"];
        right_and_wrong(
            is_relative_time,
            &["-PT6H", "-P7D", "-P1DT12H", "-P3M", "-PT1H30M"],
            &wrong,
        );
        right_and_wrong(
            is_time,
            &["2018-12-17T06:00:00.000Z"],
            &["yesterday", "2018-12-17", "-PT6H"],
        );
        right_and_wrong(is_colour, &["#d62728"], &["red", "#fff", "d62728"]);
        right_and_wrong(is_id, &["m1", "e_Two"], &["M1", "1m", "", "a-b"]);
        assert!([1, 5, 10, 20, 30, 60, 300].into_iter().all(is_period));
        assert!(![0, -60, 2, 45, 90].into_iter().any(is_period));
    }
}
