//! Widgets' properties.

use serde_json::{Value, json};
use tenfold_metrics::template::Place;
use tenfold_metrics::{check, shipped};

use super::{Mutation, USERS, refused};

#[test]
fn a_broken_widget_is_refused() {
    refused(
        shipped::FLEET,
        "",
        &[
            (
                "/widgets/11/properties/stat",
                json!("p200"),
                "$.widgets[11].properties.stat: \"p200\" is no statistic: write \"Average\", \"Sum\", \"Minimum\", \"Maximum\", \"SampleCount\", \
                 \"IQM\", a percentile from \"p0\" to \"p100\" as \"p99\" or \"p99.9\", or tm, tc, ts or wm in place of p",
            ),
            (
                "/widgets/0/properties/alarms",
                json!([]),
                "$.widgets[0].properties.alarms: it has 0 items: 1 to 100 are allowed",
            ),
            (
                "/widgets/0/properties/alarms/0",
                json!("no-heartbeat"),
                "$.widgets[0].properties.alarms[0]: \"no-heartbeat\" is no ARN of an alarm: write it as \"arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME\"",
            ),
            (
                "/widgets/0/properties/sortBy",
                json!("state"),
                "$.widgets[0].properties.sortBy: \"state\" is none of the choices: write \"default\", \"stateUpdatedTimestamp\" or \"timestamp\"",
            ),
            (
                "/widgets/1/properties",
                json!({ "text": "hello", "markdown": "" }),
                "$.widgets[1].properties.text: \"text\" is no property of a text widget: leave it out; there are \"markdown\" and \"background\"",
            ),
        ],
        check::dashboard,
    );
    let mutations: [Mutation; 14] = [
        (
            "/region",
            Value::Null,
            "$.widgets[2].properties: \"region\" is missing: write the region whose metrics are shown, for a dashboard belongs to none",
        ),
        (
            "/region",
            json!("Frankfurt"),
            "$.widgets[2].properties.region: \"Frankfurt\" is no region: write one as \"eu-central-1\"",
        ),
        (
            "/peroid",
            json!(60),
            "$.widgets[2].properties.peroid: \"peroid\" is no property of a metric widget: write \"period\", if that was meant",
        ),
        (
            "/period",
            json!(45),
            "$.widgets[2].properties.period: 45 is no period: write 60 or a multiple of it (1, 5, 10, 20 and 30 are for metrics of high resolution)",
        ),
        (
            "/view",
            json!("timeseries"),
            "$.widgets[2].properties.view: \"timeseries\" is none of the choices: write \"timeSeries\", \"singleValue\", \"gauge\", \"bar\", \"pie\" or \"table\"",
        ),
        (
            "/view",
            json!("gauge"),
            "$.widgets[2].properties: a gauge must know its ends: write \"yAxis\": {\"left\": {\"min\": 0, \"max\": 100}}",
        ),
        (
            "/setPeriodToTimeRange",
            json!(true),
            "$.widgets[2].properties.setPeriodToTimeRange: \"setPeriodToTimeRange\" does nothing in the view \"timeSeries\": leave it out",
        ),
        (
            "/liveData",
            json!("yes"),
            "$.widgets[2].properties.liveData: a text stands here where true or false is wanted",
        ),
        (
            "/legend",
            json!({ "position": "left" }),
            "$.widgets[2].properties.legend.position: \"left\" is none of the choices: write \"right\", \"bottom\" or \"hidden\"",
        ),
        (
            "/yAxis",
            json!({ "left": { "min": 5, "max": 1 } }),
            "$.widgets[2].properties.yAxis.left: \"min\" 5 is not below \"max\" 1: exchange them",
        ),
        (
            "/yAxis",
            json!({ "up": {} }),
            "$.widgets[2].properties.yAxis.up: \"up\" is no property of the axes: leave it out; there are \"left\" and \"right\"",
        ),
        (
            "/end",
            json!("2026-11-23T18:00:00Z"),
            "$.widgets[2].properties.end: an end without a start: write \"start\" too, or leave both out",
        ),
        (
            "/annotations",
            json!({ "horizontal": [{ "label": "x" }] }),
            "$.widgets[2].properties.annotations.horizontal[0]: \"value\" is missing: write where the line is",
        ),
        (
            "/annotations",
            json!({ "vertical": [[{ "value": "2026-11-23T18:00:00Z" }]] }),
            "$.widgets[2].properties.annotations.vertical[0]: an area has 1 ends: write two",
        ),
    ];
    refused(shipped::FLEET, USERS, &mutations, check::dashboard);
}

#[test]
fn the_other_widgets_are_checked_too() {
    let place = Place::example();
    let right = json!({ "widgets": [
        { "type": "log", "properties": { "region": "us-east-1", "query": "SOURCE 'x' | fields @message", "view": "table" } },
        { "type": "explorer", "properties": {
            "metrics": [{ "metricName": "CPUUtilization", "resourceType": "AWS::EC2::Instance", "stat": "Average" }],
            "labels": [{ "key": "Fleet", "value": "tenfold" }], "period": 300, "widgetOptions": { "view": "bar" },
        } },
        { "type": "custom", "properties": { "endpoint": "arn:aws:lambda:us-east-1:123456789012:function:draw", "updateOn": { "refresh": true } } },
        { "type": "metric", "properties": { "region": "us-east-1", "annotations": { "alarms": ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:a"] } } },
    ], "variables": [{ "type": "property", "property": "region", "inputType": "select", "id": "region", "values": [{ "value": "us-east-1" }] }] });
    assert_eq!(check::dashboard(&right, &place), []);
    let wrong = json!({ "widgets": [
        { "type": "log", "properties": { "region": "us-east-1" } },
        { "type": "explorer", "properties": { "metrics": [{}], "labels": [{}] } },
        { "type": "custom", "properties": { "endpoint": "draw" } },
        { "type": "metric", "properties": { "region": "us-east-1", "metrics": [["AWS/EC2", "A"]], "annotations": { "alarms": ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:a"] } } },
    ], "variables": [{ "type": "property", "inputType": "select", "id": "Region" }] });
    let paths: Vec<String> = check::dashboard(&wrong, &place)
        .into_iter()
        .map(|finding| finding.path)
        .collect();
    let expected = [
        "$.variables[0]",
        "$.variables[0].id",
        "$.variables[0]",
        "$.widgets[0].properties",
        "$.widgets[1].properties.metrics[0]",
        "$.widgets[1].properties.metrics[0]",
        "$.widgets[1].properties.metrics[0]",
        "$.widgets[1].properties.labels[0]",
        "$.widgets[2].properties.endpoint",
        "$.widgets[3].properties",
    ];
    assert_eq!(paths, expected);
}
