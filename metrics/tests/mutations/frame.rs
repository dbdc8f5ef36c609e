//! A dashboard as a whole, and where its widgets are.

use serde_json::{Value, json};
use tenfold_metrics::{check, shipped};

use super::{Mutation, SERVERS, USERS, found, refused};

#[test]
fn a_broken_frame_is_refused() {
    let many: Vec<Value> = (0..501)
        .map(|_| json!({ "type": "text", "properties": { "markdown": "" } }))
        .collect();
    let overlapping =
        json!({ "type": "text", "x": 23, "y": 9, "width": 1, "height": 1, "properties": { "markdown": "" } });
    let wide = json!({ "type": "text", "x": 20, "y": 90, "properties": { "markdown": "" } });
    let mutations: [Mutation; 14] = [
        (
            "/widgets",
            Value::Null,
            "$: \"widgets\" is missing: write an array of widgets, which may be empty",
        ),
        (
            "/widgets",
            json!({}),
            "$.widgets: an object stands here where an array is wanted",
        ),
        (
            "/widgets",
            many.into(),
            "$.widgets: it has 501 items: 0 to 500 are allowed",
        ),
        (
            "/periodOverride",
            json!("inherits"),
            "$.periodOverride: \"inherits\" is none of the choices: write \"auto\" or \"inherit\"",
        ),
        (
            "/start",
            json!("3h"),
            "$.start: \"3h\" is no time: write it as \"2026-11-23T18:00:00.000Z\", or as \"-PT3H\" for the last three hours",
        ),
        (
            "/widget",
            json!([]),
            "$.widget: \"widget\" is no property of a dashboard: write \"widgets\", if that was meant",
        ),
        (
            "/widgets/2/type",
            json!("metrics"),
            "$.widgets[2].type: \"metrics\" is none of the choices: write \"metric\", \"text\", \"alarm\", \"log\", \"explorer\" or \"custom\"",
        ),
        (
            "/widgets/2/properties",
            Value::Null,
            "$.widgets[2]: \"properties\" is missing: write what the widget shows",
        ),
        (
            "/widgets/2/width",
            json!(0),
            "$.widgets[2].width: 0 is out of bounds: it must be 1 to 24",
        ),
        (
            "/widgets/2/height",
            json!("6"),
            "$.widgets[2].height: a text stands here where a whole number is wanted",
        ),
        (
            "/widgets/2/heigth",
            json!(6),
            "$.widgets[2].heigth: \"heigth\" is no property of a widget: write \"height\", if that was meant",
        ),
        (
            "/widgets/2/x",
            Value::Null,
            "$.widgets[2]: \"y\" without \"x\": write both, or leave both out",
        ),
        (
            "/widgets/-",
            overlapping,
            "$.widgets[13]: it lies on $.widgets[4]: move one of them",
        ),
        (
            "/widgets/-",
            wide,
            "$.widgets[13]: it ends at column 26 of 24: make it narrower, or move it to the left",
        ),
    ];
    refused(shipped::FLEET, "", &mutations, check::dashboard);
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let mutations = [
        (format!("{USERS}/region"), Value::Null),
        (format!("{USERS}/period"), json!(7)),
        (format!("{SERVERS}/view"), json!("line")),
        ("/start".to_owned(), json!("yesterday")),
    ];
    let findings = found(shipped::FLEET, &mutations, check::dashboard);
    assert_eq!(findings.len(), 4, "{findings:#?}");
}

#[test]
fn a_field_that_stands_twice_is_refused() {
    let twice = shipped::FLEET.replacen(
        "\"start\": \"-PT3H\",",
        "\"start\": \"-PT3H\", \"start\": \"-PT1H\",",
        1,
    );
    let found = check::parse(&twice).unwrap_err();
    assert_eq!(
        found[0].to_string(),
        "$.start: \"start\" stands here twice, and only the last one counts: leave one out"
    );
}
