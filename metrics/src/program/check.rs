//! Whether a dashboard or alarms show what Tenfold publishes. Everything else CloudWatch says when they are put.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::catalogue::{CATALOGUE, Definition, NAMESPACE, Series, series};

/// What is wrong, a sentence each.
pub(super) type Findings = Vec<String>;

/// What is wrong with the text of a dashboard's body or of a file of alarms; otherwise what it holds, as `13 widgets`.
pub(super) fn file(text: &str) -> Result<String, Findings> {
    let body: Value =
        serde_json::from_str(text).map_err(|error| vec![format!("it is not JSON: {error}; mend it there")])?;
    let Some((what, items)) = ["widgets", "alarms"]
        .iter()
        .find_map(|what| Some((what, body.get(what)?)))
    else {
        return Err(vec![
            "it has neither `widgets` nor `alarms`: name a dashboard's body or a file of alarms".into(),
        ]);
    };
    let Some(items) = items.as_array() else {
        return Err(vec![format!("$.{what} must be a list")]);
    };
    let findings: Findings = shown(&body).into_iter().filter_map(Shown::into_finding).collect();
    if findings.is_empty() {
        return Ok(format!("{} {what}", items.len()));
    }
    Err(findings)
}

/// The series of the catalogue that the dashboard does not show.
pub(super) fn missing(dashboard: &Value) -> Findings {
    let shown: Vec<Series> = shown(dashboard).into_iter().filter_map(|shown| shown.series).collect();
    let all = series().into_iter().filter(|series| !shown.contains(series));
    all.map(|series| {
        format!(
            "{} is published and shown nowhere: give it a line in the catalogue",
            series.title()
        )
    })
    .collect()
}

/// A metric of our namespace somewhere in a file.
struct Shown {
    path: String,
    name: String,
    /// Which series it is; `None` where nothing publishes it.
    series: Option<Series>,
}

impl Shown {
    fn into_finding(self) -> Option<String> {
        let Shown { path, name, series } = self;
        let publish = "nothing publishes it under this name with these dimensions: see metrics/src/catalogue.rs";
        series.is_none().then(|| format!("{path}: {name}: {publish}"))
    }
}

/// Every metric of our namespace in the file.
fn shown(body: &Value) -> Vec<Shown> {
    let mut found = Vec::new();
    for (number, widget) in list(&body["widgets"]).iter().enumerate() {
        let mut before = Vec::new();
        for (row, metric) in list(&widget["properties"]["metrics"]).iter().enumerate() {
            let texts: Vec<&str> = list(metric).iter().map_while(Value::as_str).collect();
            let path = format!("$.widgets[{number}].properties.metrics[{row}]");
            if !texts.is_empty() {
                before = expanded(&texts, &before);
                found.extend(of_row(path, &before));
            }
        }
    }
    for (number, alarm) in list(&body["alarms"]).iter().enumerate() {
        let queries = list(&alarm["Metrics"])
            .iter()
            .map(|query| &query["MetricStat"]["Metric"]);
        for metric in queries.chain([alarm]) {
            found.extend(of_alarm(format!("$.alarms[{number}]"), metric));
        }
    }
    found
}

/// A row of a graph without CloudWatch's shorthands: `.` repeats a text of the row before, `...` all but those that follow.
fn expanded<'row>(row: &[&'row str], before: &[&'row str]) -> Vec<&'row str> {
    match row {
        ["...", rest @ ..] => {
            let kept = before.len().saturating_sub(rest.len());
            before[..kept].iter().chain(rest).copied().collect()
        }
        _ => {
            let repeated = |(index, text): (usize, &&'row str)| match *text {
                "." => before.get(index).copied().unwrap_or("."),
                text => text,
            };
            row.iter().enumerate().map(repeated).collect()
        }
    }
}

fn of_row(path: String, row: &[&str]) -> Option<Shown> {
    let (namespace, name, dimensions) = match row {
        [namespace, name, dimensions @ ..] => (*namespace, *name, dimensions),
        _ => return None,
    };
    let dimensions = dimensions.chunks(2);
    let dimensions = dimensions.map(|pair| (pair[0], pair.get(1).copied().unwrap_or_default()));
    (namespace == NAMESPACE).then(|| find(path, name, dimensions.collect()))
}

fn of_alarm(path: String, metric: &Value) -> Option<Shown> {
    let text = |value: &'_ Value| value.as_str().unwrap_or_default().to_owned();
    if metric["Namespace"] != NAMESPACE {
        return None;
    }
    let pairs: Vec<(String, String)> = list(&metric["Dimensions"])
        .iter()
        .map(|pair| (text(&pair["Name"]), text(&pair["Value"])))
        .collect();
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Some(find(path, &text(&metric["MetricName"]), pairs.collect()))
}

fn find(path: String, name: &str, mut dimensions: BTreeMap<&str, &str>) -> Shown {
    let has_owner = dimensions.remove("Fleet").is_some() & dimensions.remove("Environment").is_some();
    let definition = CATALOGUE.iter().find(|definition| definition.name == name && has_owner);
    Shown {
        path,
        name: name.to_owned(),
        series: definition.and_then(|definition| of_definition(definition, &dimensions)),
    }
}

fn of_definition(definition: &Definition, rest: &BTreeMap<&str, &str>) -> Option<Series> {
    let of_value = |value| Series {
        metric: definition.metric,
        value,
    };
    let mut all = definition.split.values().into_iter().map(of_value);
    all.find(|series| {
        series
            .dimension()
            .into_iter()
            .eq(rest.iter().map(|(name, value)| (*name, *value)))
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::generate::dashboard::dashboard;
    use crate::generate::target::Target;

    #[test]
    fn only_what_is_published_is_right() {
        let row = |row: Value| {
            let before = json!([
                "Tenfold",
                "Instances",
                "Fleet",
                "f",
                "Environment",
                "e",
                "State",
                "ready"
            ]);
            json!({ "widgets": [{ "properties": { "metrics": [before, row] } }] }).to_string()
        };
        for right in [
            json!(["...", "draining", { "label": "." }]),
            json!([".", "Sessions", ".", ".", ".", "."]),
            json!(["AWS/EC2", "CPUUtilization"]),
            json!([{ "expression": "1" }]),
        ] {
            assert_eq!(file(&row(right.clone())), Ok("1 widgets".into()), "{right}");
        }
        for wrong in [
            json!(["...", "asleep"]),
            json!([".", "Sesions", ".", ".", ".", "."]),
            json!([".", "Sessions", ".", "."]),
            json!([".", "Sessions", ".", ".", ".", ".", ".", "."]),
        ] {
            assert!(file(&row(wrong.clone())).is_err(), "{wrong}");
        }
        let alarm = json!({ "alarms": [{ "Namespace": "Tenfold", "MetricName": "Sesions" }] });
        assert!(file(&alarm.to_string()).unwrap_err()[0].starts_with("$.alarms[0]: Sesions: nothing"));
        assert!(file("[1, 2").unwrap_err()[0].contains("not JSON"));
    }

    #[test]
    fn every_series_that_is_taken_away_is_missed() {
        let mut body = dashboard(&Target::placeholders());
        assert_eq!(missing(&body), Findings::new());
        for widget in body["widgets"].as_array_mut().unwrap() {
            widget["properties"]["metrics"] = json!([]);
        }
        assert_eq!(missing(&body).len(), series().len());
    }
}
