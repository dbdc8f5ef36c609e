//! The widgets that show no metrics of their own: text, alarms, logs, explorers, and programs.

use super::annotations;
use super::findings::Findings;
use super::metric_widget::{NO_ACCOUNT, period};
use super::object::{Object, wrong_kind};
use super::values::{NO_REGION, NO_STATISTIC, is_account, is_arn, is_region, is_statistic};

const MOST_ALARMS: usize = 100;

/// A text.
pub(crate) fn text(properties: &Object, findings: &mut Findings) {
    properties.has_only(&["markdown", "background"], "a text widget", findings);
    properties.require("markdown", "write the text", findings);
    properties.text("markdown", findings);
    properties.choice("background", &["solid", "transparent"], findings);
}

/// Alarms and their states; answers with their names, each with its place.
pub(crate) fn alarms(properties: &Object, findings: &mut Findings) -> Vec<(String, String)> {
    properties.has_only(&["alarms", "sortBy", "states", "title"], "an alarm widget", findings);
    properties.text("title", findings);
    properties.choice("sortBy", &["default", "stateUpdatedTimestamp", "timestamp"], findings);
    for (path, state) in properties.list("states", findings) {
        if !matches!(state.as_str(), Some("ALARM" | "INSUFFICIENT_DATA" | "OK")) {
            findings.add(
                path,
                format!("{state} is no state: write \"ALARM\", \"INSUFFICIENT_DATA\" or \"OK\""),
            );
        }
    }
    properties.require("alarms", "write the ARNs of alarms", findings);
    let alarms = properties.list_of("alarms", 1..=MOST_ALARMS, findings).into_iter();
    alarms
        .filter_map(|(path, alarm)| annotations::alarm(path, alarm, findings))
        .collect()
}

/// What a query finds in logs.
pub(crate) fn log(properties: &Object, findings: &mut Findings) {
    let known = [
        "accountId",
        "query",
        "queryLanguage",
        "region",
        "stacked",
        "title",
        "view",
    ];
    properties.has_only(&known, "a log widget", findings);
    properties.text_that("accountId", is_account, NO_ACCOUNT, findings);
    properties.require("region", "write the region whose logs are shown", findings);
    properties.text_that("region", is_region, NO_REGION, findings);
    properties.require(
        "query",
        "write a query that begins with \"SOURCE 'log group' |\"",
        findings,
    );
    properties.text("query", findings);
    properties.choice("queryLanguage", &["CWLI", "SQL", "PPL"], findings);
    properties.truth("stacked", findings);
    properties.text("title", findings);
    properties.choice("view", &["table", "timeSeries", "bar", "pie"], findings);
}

/// Metrics found by their resources' tags.
pub(crate) fn explorer(properties: &Object, findings: &mut Findings) {
    let known = [
        "aggregateBy",
        "labels",
        "metrics",
        "period",
        "region",
        "splitBy",
        "title",
        "widgetOptions",
    ];
    properties.has_only(&known, "an explorer widget", findings);
    properties.text_that("region", is_region, NO_REGION, findings);
    properties.text("title", findings);
    properties.text("splitBy", findings);
    period(properties, findings);
    properties.require("metrics", "write an array of metrics", findings);
    for (path, metric) in properties.list_of("metrics", 1..=100, findings) {
        let Some(metric) = Object::read(metric, path, findings) else {
            continue;
        };
        metric.has_only(
            &["metricName", "resourceType", "stat"],
            "an explorer's metric",
            findings,
        );
        for field in ["metricName", "resourceType", "stat"] {
            metric.require(field, "write it", findings);
            metric.text(field, findings);
        }
        metric.text_that("stat", is_statistic, NO_STATISTIC, findings);
    }
    properties.require("labels", "write an array of tags, as [{\"key\": \"Fleet\"}]", findings);
    for (path, label) in properties.list_of("labels", 1..=100, findings) {
        if let Some(label) = Object::read(label, path, findings) {
            label.has_only(&["key", "value"], "a label", findings);
            label.require("key", "write the tag's name", findings);
            label.text("key", findings);
            label.text("value", findings);
        }
    }
    explorer_look(properties, findings);
}

fn explorer_look(properties: &Object, findings: &mut Findings) {
    if let Some(aggregate) = properties.object("aggregateBy", findings) {
        aggregate.has_only(&["key", "func"], "\"aggregateBy\"", findings);
        aggregate.text("key", findings);
        aggregate.text("func", findings);
    }
    if let Some(options) = properties.object("widgetOptions", findings) {
        let known = ["legend", "rowsPerPage", "stacked", "view", "widgetsPerRow"];
        options.has_only(&known, "\"widgetOptions\"", findings);
        options.truth("stacked", findings);
        options.choice("view", &["timeSeries", "bar", "pie", "gauge", "singleValue"], findings);
        options.whole("rowsPerPage", 1..=500, findings);
        options.whole("widgetsPerRow", 1..=24, findings);
        options.object("legend", findings);
    }
}

/// What a Lambda function draws.
pub(crate) fn custom(properties: &Object, findings: &mut Findings) {
    properties.has_only(
        &["endpoint", "params", "title", "updateOn"],
        "a custom widget",
        findings,
    );
    properties.require("endpoint", "write the ARN of a Lambda function", findings);
    let mend = "no ARN: write it as \"arn:aws:lambda:REGION:ACCOUNT:function:NAME\"";
    properties.text_that("endpoint", is_arn, mend, findings);
    properties.text("title", findings);
    if let Some(value) = properties
        .get("params")
        .filter(|value| !value.is_object() && !value.is_array())
    {
        wrong_kind(properties.at("params"), value, "an object or an array", findings);
    }
    if let Some(update) = properties.object("updateOn", findings) {
        update.has_only(&["refresh", "resize", "timeRange"], "\"updateOn\"", findings);
        for field in ["refresh", "resize", "timeRange"] {
            update.truth(field, findings);
        }
    }
}
