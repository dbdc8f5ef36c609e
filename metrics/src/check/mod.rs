//! Is this a dashboard, are these alarms, and do they show what is published? Stricter than CloudWatch's emulators, which take
//! any JSON, and than CloudWatch itself, which takes a graph of a metric that does not exist and shows nothing.
//!
//! The rules are those of "Dashboard Body Structure and Syntax" and of PutMetricAlarm. All findings are told at once, each with
//! its place in the JSON and with what mends it.

mod alarm;
mod alarm_condition;
mod alarm_math;
mod annotations;
mod coverage;
mod dashboard;
mod expression;
mod findings;
mod grid;
mod metric_widget;
mod metrics;
mod object;
mod other_widgets;
mod repeated;
mod tokens;
mod values;
mod variables;

use coverage::{against_catalogue, alarms_shown, not_shown};
pub use findings::Finding;
pub use repeated::parse;

pub(crate) use values::{is_account, is_arn, is_region};

use serde_json::Value;

use crate::template::Place;
use findings::Findings;

/// Checks a dashboard's body whose placeholders are filled, by itself and against the catalogue.
pub fn dashboard(body: &Value, place: &Place) -> Vec<Finding> {
    let mut findings = Findings::default();
    let shown = dashboard::check(body, &mut findings);
    against_catalogue(&shown.metrics, place, &mut findings);
    findings.all()
}

/// Checks alarms whose placeholders are filled (`{"alarms": […]}`, each as PutMetricAlarm takes it), by themselves and against
/// the catalogue.
pub fn alarms(body: &Value, place: &Place) -> Vec<Finding> {
    let mut findings = Findings::default();
    let watched = alarm::check(body, &mut findings);
    against_catalogue(&watched.metrics, place, &mut findings);
    findings.all()
}

/// Checks that a dashboard shows everything that is published and every alarm; both are filled.
pub fn completeness(body: &Value, alarms: &Value, place: &Place) -> Vec<Finding> {
    let (mut findings, mut elsewhere) = (Findings::default(), Findings::default());
    let shown = dashboard::check(body, &mut elsewhere);
    let watched = alarm::check(alarms, &mut elsewhere);
    not_shown(&shown.metrics, place, &mut findings);
    alarms_shown(&shown.alarms, &watched.names, &mut findings);
    findings.all()
}
