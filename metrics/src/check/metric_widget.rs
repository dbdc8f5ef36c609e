//! A widget that shows metrics.

use super::annotations;
use super::coverage::Named;
use super::dashboard::times;
use super::findings::Findings;
use super::metrics;
use super::object::Object;
use super::values::{NO_REGION, NO_STATISTIC, is_account, is_period, is_region, is_statistic};

const KNOWN: [&str; 21] = [
    "accountId",
    "annotations",
    "end",
    "labels",
    "legend",
    "liveData",
    "metrics",
    "period",
    "region",
    "setPeriodToTimeRange",
    "singleValueFullPrecision",
    "sparkline",
    "stacked",
    "start",
    "stat",
    "table",
    "timezone",
    "title",
    "trend",
    "view",
    "yAxis",
];
const VIEWS: [&str; 6] = ["timeSeries", "singleValue", "gauge", "bar", "pie", "table"];
const TRUTHS: [&str; 6] = [
    "liveData",
    "setPeriodToTimeRange",
    "singleValueFullPrecision",
    "sparkline",
    "stacked",
    "trend",
];

pub(crate) const NO_PERIOD: &str =
    "no period: write 60 or a multiple of it (1, 5, 10, 20 and 30 are for metrics of high resolution)";
pub(crate) const NO_ACCOUNT: &str = "no account: write its twelve digits";

/// What a widget shows: its metrics, and the alarm that it is of.
pub(crate) type Widget = (Vec<Named>, Option<(String, String)>);

/// Checks the properties, and answers with what they show.
pub(crate) fn check(properties: &Object, findings: &mut Findings) -> Widget {
    properties.has_only(&KNOWN, "a metric widget", findings);
    let region = "write the region whose metrics are shown, for a dashboard belongs to none";
    properties.require("region", region, findings);
    properties.text_that("region", is_region, NO_REGION, findings);
    properties.text_that("accountId", is_account, NO_ACCOUNT, findings);
    properties.text_that("stat", is_statistic, NO_STATISTIC, findings);
    properties.text_that("timezone", is_timezone, "no time zone: write it as \"+0130\"", findings);
    properties.text("title", findings);
    period(properties, findings);
    times(properties, findings);
    for field in TRUTHS {
        properties.truth(field, findings);
    }
    look(properties, findings);
    let alarm = annotations::check(properties, findings);
    if alarm.is_some() && properties.has("metrics") {
        let sentence = "\"metrics\" cannot stand beside the alarm in \"annotations\": leave one of them out";
        findings.add(properties.path.as_str(), sentence);
    }
    if alarm.is_none() {
        properties.require("metrics", "write an array of metrics", findings);
    }
    (metrics::check(properties, findings), alarm)
}

/// `period`, which a widget, a metric and an expression may have.
pub(crate) fn period(object: &Object, findings: &mut Findings) -> Option<i64> {
    let seconds = object.whole("period", i64::MIN..=i64::MAX, findings)?;
    if !is_period(seconds) {
        findings.add(object.at("period"), format!("{seconds} is {NO_PERIOD}"));
        return None;
    }
    Some(seconds)
}

/// What depends on how it is shown.
fn look(properties: &Object, findings: &mut Findings) {
    let view = properties.choice("view", &VIEWS, findings).unwrap_or("timeSeries");
    legend(properties, findings);
    let axes = axes(properties, findings);
    if view == "gauge" && axes != Some((true, true)) {
        let sentence = "a gauge must know its ends: write \"yAxis\": {\"left\": {\"min\": 0, \"max\": 100}}";
        findings.add(properties.path.as_str(), sentence);
    }
    let belongs = [
        ("stacked", &["timeSeries"] as &[&str]),
        ("sparkline", &["singleValue"]),
        ("trend", &["singleValue"]),
        ("singleValueFullPrecision", &["singleValue"]),
        ("setPeriodToTimeRange", &["singleValue", "gauge", "bar", "pie", "table"]),
        ("table", &["table"]),
        ("labels", &["pie"]),
    ];
    for (field, views) in belongs {
        // The console writes some of them as false everywhere.
        let is_wanted = properties
            .get(field)
            .is_some_and(|value| value.as_bool() != Some(false));
        if is_wanted && !views.contains(&view) {
            let sentence = format!("\"{field}\" does nothing in the view \"{view}\": leave it out");
            findings.add(properties.at(field), sentence);
        }
    }
    if let Some(labels) = properties.object("labels", findings) {
        labels.has_only(&["visible"], "labels", findings);
        labels.truth("visible", findings);
    }
    if let Some(table) = properties.object("table", findings) {
        let known = ["layout", "showTimeSeriesData", "stickySummary", "summaryColumns"];
        table.has_only(&known, "a table", findings);
        table.choice("layout", &["horizontal", "vertical"], findings);
        table.truth("showTimeSeriesData", findings);
        table.truth("stickySummary", findings);
        table.list("summaryColumns", findings);
    }
}

fn legend(properties: &Object, findings: &mut Findings) {
    if let Some(legend) = properties.object("legend", findings) {
        legend.has_only(&["position"], "a legend", findings);
        legend.choice("position", &["right", "bottom", "hidden"], findings);
    }
}

/// The axes; answers whether the left one has a lower and an upper end.
fn axes(properties: &Object, findings: &mut Findings) -> Option<(bool, bool)> {
    let axes = properties.object("yAxis", findings)?;
    axes.has_only(&["left", "right"], "the axes", findings);
    for side in ["left", "right"] {
        let Some(axis) = axes.object(side, findings) else {
            continue;
        };
        axis.has_only(&["label", "min", "max", "showUnits"], "an axis", findings);
        axis.text("label", findings);
        axis.truth("showUnits", findings);
        let ends = (axis.number("min", findings), axis.number("max", findings));
        if let (Some(least), Some(most)) = ends
            && least >= most
        {
            findings.add(
                axis.path.as_str(),
                format!("\"min\" {least} is not below \"max\" {most}: exchange them"),
            );
        }
    }
    let left = axes.get("left")?.as_object()?;
    Some((left.contains_key("min"), left.contains_key("max")))
}

/// As `+0130`.
fn is_timezone(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or_default();
    digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
}
