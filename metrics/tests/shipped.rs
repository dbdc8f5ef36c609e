//! The dashboard and the alarms of dashboards/ are right, and show what is published: all of it, and nothing else.

use std::collections::BTreeSet;

use serde_json::Value;
use tenfold_metrics::catalogue::CATALOGUE;
use tenfold_metrics::series::series;
use tenfold_metrics::template::Place;
use tenfold_metrics::{check, shipped};

fn filled() -> (Value, Value, Place) {
    let place = Place::example();
    let fill = |text: &str| {
        place
            .fill(&check::parse(text).expect("JSON"))
            .expect("known placeholders")
    };
    (fill(shipped::FLEET), fill(shipped::ALARMS), place)
}

#[test]
fn the_dashboard_and_the_alarms_are_right() {
    let (fleet, alarms, place) = filled();
    assert_eq!(check::dashboard(&fleet, &place), []);
    assert_eq!(check::alarms(&alarms, &place), []);
}

#[test]
fn everything_that_is_published_is_shown_and_every_alarm() {
    let (fleet, alarms, place) = filled();
    assert_eq!(check::completeness(&fleet, &alarms, &place), []);
}

#[test]
fn each_series_that_is_taken_away_is_missed() {
    let (mut fleet, alarms, place) = filled();
    for widget in fleet["widgets"].as_array_mut().unwrap() {
        if widget["type"] == "metric" {
            widget["properties"]["metrics"] = serde_json::json!([["AWS/EC2", "CPUUtilization"]]);
        }
    }
    let found = check::completeness(&fleet, &alarms, &place);
    let sentences: BTreeSet<String> = found.into_iter().map(|finding| finding.sentence).collect();
    let missed = |title: String| format!("{title} is published and shown nowhere: show it, or publish it no more");
    let expected: BTreeSet<String> = series().into_iter().map(|series| missed(series.title())).collect();
    assert_eq!(sentences, expected);
}

#[test]
fn an_alarm_that_is_not_shown_or_not_there_is_noticed() {
    let (mut fleet, alarms, place) = filled();
    let shown = &mut fleet["widgets"][0]["properties"]["alarms"][0];
    *shown = shown.as_str().unwrap().replace("heartbeat", "heartbeet").into();
    let found: Vec<String> = check::completeness(&fleet, &alarms, &place)
        .iter()
        .map(ToString::to_string)
        .collect();
    let expected = [
        "$.widgets[0].properties.alarms[0]: there is no alarm \"tenfold-tenfold-production-no-heartbeet\": write \
         \"tenfold-tenfold-production-no-heartbeat\"",
        "$.widgets: the alarm \"tenfold-tenfold-production-no-heartbeat\" is shown nowhere: add its ARN to an alarm widget",
    ];
    assert_eq!(found, expected);
}

#[test]
fn no_dimension_grows_with_the_fleet() {
    let names: BTreeSet<&str> = CATALOGUE.iter().filter_map(|metric| metric.split.dimension()).collect();
    assert_eq!(names, BTreeSet::from(["Reason", "State"]));
    assert!(series().len() <= 29, "each series costs money every month: see bill.rs");
}

#[test]
fn the_heartbeat_goes_off_where_there_are_no_data() {
    let (_, alarms, _) = filled();
    let alarms = alarms["alarms"].as_array().unwrap();
    let named = |alarm: &&Value| alarm["AlarmName"].as_str().unwrap().ends_with("no-heartbeat");
    let heartbeat = alarms.iter().find(named).unwrap();
    assert_eq!(heartbeat["TreatMissingData"], "breaching");
    assert_eq!(alarms.len(), 5);
}

#[test]
fn a_dashboard_of_others_that_is_right_is_not_refused() {
    // Everything that CloudWatch's documentation shows a metric widget to have.
    let body = serde_json::json!({
        "start": "-PT6H",
        "periodOverride": "inherit",
        "widgets": [
            { "type": "metric", "x": 0, "y": 0, "width": 12, "height": 6, "properties": {
                "metrics": [
                    ["AWS/EC2", "CPUUtilization", "InstanceId", "i-012345", { "id": "m1", "yAxis": "right", "period": 300 }],
                    [".", "DiskReadBytes", ".", "."],
                    ["...", "i-543210", { "stat": "TM(10%:90%)", "label": "${LAST}", "accountId": "111122223333" }],
                    [{ "expression": "SUM(METRICS())", "label": "all", "id": "e3", "region": "us-west-2" }],
                ],
                "period": 300, "stat": "Average", "region": "us-east-1", "title": "CPU", "liveData": false, "timezone": "+0130",
                "legend": { "position": "right" }, "start": "-P7D", "stacked": true,
                "annotations": {
                    "horizontal": [
                        { "value": 90, "label": "too much", "color": "#d62728", "fill": "above", "visible": true, "yAxis": "left" },
                        [{ "value": 10 }, { "value": 20, "label": "well" }],
                    ],
                    "vertical": [{ "value": "2026-11-23T18:00:00.000Z", "fill": "after" }],
                },
            } },
            { "type": "metric", "x": 12, "y": 0, "properties": {
                "metrics": [["AWS/EC2", "CPUUtilization"]], "region": "us-east-1", "view": "gauge",
                "yAxis": { "left": { "min": 0, "max": 100, "label": "%", "showUnits": false } }, "setPeriodToTimeRange": true,
            } },
            { "type": "text", "x": 0, "y": 7, "width": 3, "height": 3, "properties": { "markdown": "Hello", "background": "transparent" } },
        ],
    });
    assert_eq!(check::dashboard(&body, &Place::example()), []);
}
