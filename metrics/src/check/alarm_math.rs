//! An alarm on an expression: `Metrics`, of which one returns its data.

use serde_json::Value;

use super::alarm::{OF_ONE_METRIC, alarm_period, dimensions};
use super::coverage::Named;
use super::expression::{self, Term};
use super::findings::Findings;
use super::object::Object;
use super::values::{NO_STATISTIC, is_id, is_statistic};

/// An expression of an alarm may have no more.
const MOST: usize = 10;

/// Checks `Metrics`; answers with the metrics in it, and with the longest period.
pub(crate) fn check(alarm: &Object, findings: &mut Findings) -> (Vec<Named>, Option<i64>) {
    for field in OF_ONE_METRIC.into_iter().filter(|field| alarm.has(field)) {
        findings.add(
            alarm.at(field),
            format!("\"{field}\" cannot stand beside \"Metrics\": write it inside"),
        );
    }
    let (mut named, mut terms, mut returning) = (Vec::new(), Vec::new(), 0);
    for (path, query) in alarm.list_of("Metrics", 1..=MOST, findings) {
        let Some(query) = Object::read(query, path, findings) else {
            continue;
        };
        named.extend(one(&query, &mut terms, findings));
        // Left out, it means yes.
        returning += usize::from(query.truth("ReturnData", findings).unwrap_or(true));
    }
    expression::check(&terms, findings);
    if returning != 1 {
        let sentence =
            format!("{returning} of these return data: write \"ReturnData\": false in all but the one to look at");
        findings.add(alarm.at("Metrics"), sentence);
    }
    let period = named.iter().filter_map(|named| named.period).max();
    (named, period)
}

fn one<'a>(query: &Object<'a>, terms: &mut Vec<Term<'a>>, findings: &mut Findings) -> Option<Named> {
    let known = [
        "AccountId",
        "Expression",
        "Id",
        "Label",
        "MetricStat",
        "Period",
        "ReturnData",
    ];
    query.has_only(&known, "a query", findings);
    query.require("Id", "name it, as \"m1\"", findings);
    let mend = "no id: write a lower-case letter, then letters, digits and underscores, as \"m1\"";
    let id = query.text_that("Id", is_id, mend, findings);
    query.text("Label", findings);
    if query.has("Expression") == query.has("MetricStat") {
        let sentence = "write \"Expression\" or \"MetricStat\", and not both";
        findings.add(query.path.as_str(), sentence);
    }
    terms.push(Term {
        path: query.path.clone(),
        id,
        expression: query.text("Expression", findings),
    });
    metric(&query.object("MetricStat", findings)?, findings)
}

fn metric(stat: &Object, findings: &mut Findings) -> Option<Named> {
    stat.has_only(&["Metric", "Period", "Stat", "Unit"], "\"MetricStat\"", findings);
    for field in ["Metric", "Period", "Stat"] {
        stat.require(field, "write it", findings);
    }
    let period = alarm_period(stat, findings);
    let statistic = stat.text_that("Stat", is_statistic, NO_STATISTIC, findings);
    let metric = stat.object("Metric", findings)?;
    metric.has_only(&["Dimensions", "MetricName", "Namespace"], "a metric", findings);
    for field in ["MetricName", "Namespace"] {
        metric.require(field, "write it", findings);
    }
    let (name, namespace) = (metric.text("MetricName", findings), metric.text("Namespace", findings));
    Some(Named {
        path: metric.path.clone(),
        namespace: namespace?.to_owned(),
        name: name?.to_owned(),
        dimensions: dimensions(&metric, findings),
        statistic: statistic?.to_owned(),
        period,
        unit: stat.get("Unit").and_then(Value::as_str).map(str::to_owned),
    })
}
