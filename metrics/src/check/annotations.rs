//! Lines and areas on a graph, and the alarm that a graph may be of.

use serde_json::Value;

use super::findings::Findings;
use super::object::{Object, wrong_kind};
use super::values::{NO_ALARM_ARN, NO_COLOUR, NO_TIME, alarm_of_arn, is_colour, is_time};

/// Checks a widget's annotations; answers with the alarm that the widget is of, and its place.
pub(crate) fn check(properties: &Object, findings: &mut Findings) -> Option<(String, String)> {
    let annotations = properties.object("annotations", findings)?;
    annotations.has_only(&["alarms", "horizontal", "vertical"], "annotations", findings);
    for (path, item) in annotations.list("horizontal", findings) {
        line(path, item, &HORIZONTAL, findings);
    }
    for (path, item) in annotations.list("vertical", findings) {
        line(path, item, &VERTICAL, findings);
    }
    if !annotations.has("alarms") {
        return None;
    }
    let mut found = annotations.list_of("alarms", 1..=1, findings).into_iter();
    found.find_map(|(path, item)| alarm(path, item, findings))
}

/// An alarm's ARN; answers with its place and the alarm's name.
pub(crate) fn alarm(path: String, item: &Value, findings: &mut Findings) -> Option<(String, String)> {
    let Some(arn) = item.as_str() else {
        wrong_kind(path, item, "a text", findings);
        return None;
    };
    let name = alarm_of_arn(arn).map(str::to_owned);
    if name.is_none() {
        findings.add(path.as_str(), format!("\"{arn}\" is {NO_ALARM_ARN}"));
    }
    name.map(|name| (path, name))
}

/// What the two kinds of line differ in.
struct Kind {
    known: &'static [&'static str],
    fills: &'static [&'static str],
    is_time: bool,
    whose: &'static str,
}

const HORIZONTAL: Kind = Kind {
    known: &["value", "label", "color", "fill", "visible", "yAxis"],
    fills: &["above", "below", "none"],
    is_time: false,
    whose: "a horizontal annotation",
};
const VERTICAL: Kind = Kind {
    known: &["value", "label", "color", "fill", "visible"],
    fills: &["before", "after", "none"],
    is_time: true,
    whose: "a vertical annotation",
};

/// A line, or an area between two.
fn line(path: String, item: &Value, kind: &Kind, findings: &mut Findings) {
    match item.as_array() {
        Some(ends) if ends.len() == 2 => {
            for (index, end) in ends.iter().enumerate() {
                single(format!("{path}[{index}]"), end, kind, findings);
            }
        }
        Some(ends) => findings.add(path, format!("an area has {} ends: write two", ends.len())),
        None => single(path, item, kind, findings),
    }
}

fn single(path: String, item: &Value, kind: &Kind, findings: &mut Findings) {
    let Some(line) = Object::read(item, path, findings) else {
        return;
    };
    line.has_only(kind.known, kind.whose, findings);
    line.require("value", "write where the line is", findings);
    if kind.is_time {
        line.text_that("value", is_time, NO_TIME, findings);
    } else {
        line.number("value", findings);
        line.choice("yAxis", &["left", "right"], findings);
    }
    line.text("label", findings);
    line.truth("visible", findings);
    line.choice("fill", kind.fills, findings);
    line.text_that("color", is_colour, NO_COLOUR, findings);
}
