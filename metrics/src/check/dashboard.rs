//! The dashboard as a whole.

use super::coverage::Named;
use super::findings::Findings;
use super::object::Object;
use super::values::{NO_TIME, is_relative_time, is_time};
use super::{grid, metric_widget, other_widgets, variables};
use serde_json::Value;

/// The most metrics on all widgets together.
const MOST_METRICS: usize = 2500;
const MOST_WIDGETS: usize = 500;
const TYPES: [&str; 6] = ["metric", "text", "alarm", "log", "explorer", "custom"];

/// What a dashboard shows.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// The metrics.
    pub(crate) metrics: Vec<Named>,
    /// The names of alarms, each with the place where it stands.
    pub(crate) alarms: Vec<(String, String)>,
}

/// Checks a body, and answers with what it shows.
pub(crate) fn check(body: &Value, findings: &mut Findings) -> Shown {
    let mut shown = Shown::default();
    let Some(body) = Object::read(body, "$", findings) else {
        return shown;
    };
    let known = ["widgets", "start", "end", "periodOverride", "variables"];
    body.has_only(&known, "a dashboard", findings);
    times(&body, findings);
    body.choice("periodOverride", &["auto", "inherit"], findings);
    variables::check(&body, findings);
    body.require("widgets", "write an array of widgets, which may be empty", findings);
    let widgets = body.list_of("widgets", 0..=MOST_WIDGETS, findings);
    let widgets: Vec<Object> = widgets
        .into_iter()
        .filter_map(|(path, widget)| Object::read(widget, path, findings))
        .collect();
    let places: Vec<_> = widgets.iter().map(|widget| grid::place(widget, findings)).collect();
    grid::overlaps(&places, findings);
    for one in &widgets {
        widget(one, &mut shown, findings);
    }
    if shown.metrics.len() > MOST_METRICS {
        let sentence = format!(
            "{} metrics are too many: a dashboard has {MOST_METRICS} at most",
            shown.metrics.len()
        );
        findings.add("$.widgets", sentence);
    }
    shown
}

/// `start` and `end`, which a dashboard and a widget may have.
pub(crate) fn times(object: &Object, findings: &mut Findings) {
    let is_start = |text: &str| is_relative_time(text) || is_time(text);
    let no_start = format!("{NO_TIME}, or as \"-PT3H\" for the last three hours");
    object.text_that("start", is_start, &no_start, findings);
    object.text_that("end", is_time, NO_TIME, findings);
    if object.has("end") && !object.has("start") {
        findings.add(
            object.at("end"),
            "an end without a start: write \"start\" too, or leave both out",
        );
    }
}

fn widget(widget: &Object, shown: &mut Shown, findings: &mut Findings) {
    widget.has_only(
        &["type", "x", "y", "width", "height", "properties"],
        "a widget",
        findings,
    );
    let kind = widget.require("type", "write one, as \"metric\"", findings);
    let kind = kind.and_then(|_| widget.choice("type", &TYPES, findings));
    let properties = widget.require("properties", "write what the widget shows", findings);
    let properties = properties.and_then(|_| widget.object("properties", findings));
    let (Some(kind), Some(properties)) = (kind, properties) else {
        return;
    };
    match kind {
        "metric" => {
            let (metrics, alarm) = metric_widget::check(&properties, findings);
            shown.metrics.extend(metrics);
            shown.alarms.extend(alarm);
        }
        "alarm" => shown.alarms.extend(other_widgets::alarms(&properties, findings)),
        "text" => other_widgets::text(&properties, findings),
        "log" => other_widgets::log(&properties, findings),
        "explorer" => other_widgets::explorer(&properties, findings),
        _ => other_widgets::custom(&properties, findings),
    }
}
