//! Metrics and expressions.

use serde_json::{Value, json};
use tenfold_metrics::{check, shipped};

use super::{Mutation, SERVERS, USERS, found, refused};

#[test]
fn broken_metrics_are_refused() {
    let mutations: [Mutation; 12] = [
        (
            "/metrics",
            Value::Null,
            "$.widgets[2].properties: \"metrics\" is missing: write an array of metrics",
        ),
        (
            "/metrics/1",
            json!("Seats"),
            "$.widgets[2].properties.metrics[1]: a text stands here where an array is wanted",
        ),
        (
            "/metrics/3",
            json!(["Tenfold", "UsersWaiting", "Fleet"]),
            "$.widgets[2].properties.metrics[3]: the dimension \"Fleet\" has no value: write it behind its name",
        ),
        (
            "/metrics/0",
            json!(["...", "x"]),
            "$.widgets[2].properties.metrics[0][0]: \"...\" repeats a metric that is not there: write this one out",
        ),
        (
            "/metrics/3",
            json!([".", "UsersWaiting", ".", "...", ".", "."]),
            "$.widgets[2].properties.metrics[3][3]: \"...\" stands for the beginning and can only be the first: write \".\" for a single word",
        ),
        (
            "/metrics/3",
            json!([".", "UsersWaiting", ".", ".", ".", ".", ".", "."]),
            "$.widgets[2].properties.metrics[3][6]: \".\" repeats what is not there in the metric before: write this word out",
        ),
        (
            "/metrics/3/6/colour",
            json!("#d62728"),
            "$.widgets[2].properties.metrics[3][6].colour: \"colour\" is no property of a metric: write \"color\", if that was meant",
        ),
        (
            "/metrics/3/6/color",
            json!("red"),
            "$.widgets[2].properties.metrics[3][6].color: \"red\" is no colour: write it as \"#d62728\"",
        ),
        (
            "/metrics/3/6/id",
            json!("M1"),
            "$.widgets[2].properties.metrics[3][6].id: \"M1\" is no id: write a lower-case letter, then letters, digits and underscores, as \"m1\"",
        ),
        (
            "/metrics/3/6/yAxis",
            json!("top"),
            "$.widgets[2].properties.metrics[3][6].yAxis: \"top\" is none of the choices: write \"left\" or \"right\"",
        ),
        (
            "/metrics/-",
            json!([{ "expression": "SUM(METRICS())" }]),
            "$.widgets[2].properties.metrics[4][0]: \"id\" is missing: name the expression, as \"e1\"",
        ),
        (
            "/metrics/-",
            json!([]),
            "$.widgets[2].properties.metrics[4]: an empty metric: write [\"Namespace\", \"Name\", \"Dimension\", \"value\"] or [{\"expression\": \"…\", \"id\": \"e1\"}]",
        ),
    ];
    // What follows a metric that cannot be read is not looked at with its shorthands.
    for (pointer, value, finding) in &mutations {
        let findings = found(
            shipped::FLEET,
            &[(format!("{USERS}{pointer}"), value.clone())],
            check::dashboard,
        );
        assert_eq!(
            findings.first().map(String::as_str),
            Some(*finding),
            "{pointer} = {value}"
        );
    }
}

#[test]
fn broken_expressions_are_refused() {
    let mutations: [Mutation; 6] = [
        (
            "/metrics/0/0/expression",
            json!("launched + redy"),
            "$.widgets[3].properties.metrics[0]: the expression names \"redy\", which is not there: write \"ready\", if that was meant",
        ),
        (
            "/metrics/0/0/expression",
            json!("launched +"),
            "$.widgets[3].properties.metrics[0]: the expression \"launched +\" is malformed: it ends too early",
        ),
        (
            "/metrics/1/0/expression",
            json!("CEILING(seats / 10)"),
            "$.widgets[3].properties.metrics[1]: the expression \"CEILING(seats / 10)\" is malformed: \"CEILING\" is no function of metric math: leave it out",
        ),
        (
            "/metrics/1/0/expression",
            json!("floor + 1"),
            "$.widgets[3].properties.metrics[1]: the expression needs its own result: name something else in it",
        ),
        (
            "/metrics/1/0/id",
            json!("servers"),
            "$.widgets[3].properties.metrics[1]: the id \"servers\" is also that of $.widgets[3].properties.metrics[0]: give it another one",
        ),
        (
            "/metrics/1/0/stat",
            json!("Sum"),
            "$.widgets[3].properties.metrics[1][0].stat: \"stat\" is no property of an expression: leave it out; there are \"accountId\", \"color\", \"expression\", \"id\", \"label\", \"period\", \"region\", \"visible\" and \"yAxis\"",
        ),
    ];
    refused(shipped::FLEET, SERVERS, &mutations, check::dashboard);
}

#[test]
fn metrics_that_nobody_publishes_are_refused() {
    let mutations: [Mutation; 8] = [
        (
            "/metrics/3/1",
            json!("UserWaiting"),
            "$.widgets[2].properties.metrics[3]: nothing publishes the metric \"UserWaiting\": write \"UsersWaiting\", if that was meant",
        ),
        (
            "/metrics/3/0",
            json!("tenfold"),
            "$.widgets[2].properties.metrics[3]: nothing publishes to the namespace \"tenfold\": write \"Tenfold\"",
        ),
        (
            "/metrics/3/3",
            json!("green"),
            "$.widgets[2].properties.metrics[3]: \"UsersWaiting\" is never published with Fleet \"green\": write \"tenfold\"",
        ),
        (
            "/metrics/3/4",
            json!("Stage"),
            "$.widgets[2].properties.metrics[3]: \"UsersWaiting\" is published with the dimensions Fleet, Environment and no others, and here it has Fleet, Stage: name exactly those",
        ),
        (
            "/metrics/3",
            json!(["Tenfold", "UsersWaiting", { "stat": "Maximum" }]),
            "$.widgets[2].properties.metrics[3]: \"UsersWaiting\" is published with the dimensions Fleet, Environment and no others, and here it has none: name exactly those",
        ),
        (
            "/metrics/3",
            json!([
                "Tenfold",
                "Instances",
                "Fleet",
                "tenfold",
                "Environment",
                "production",
                "State",
                "lost"
            ]),
            "$.widgets[2].properties.metrics[3]: \"Instances\" is never published with State \"lost\": write \"requested\", \"launched\", \"ready\" or \"draining\"",
        ),
        (
            "/metrics/3/6/stat",
            json!("p99"),
            "$.widgets[2].properties.metrics[3]: the p99 of \"UsersWaiting\" says nothing, for it is logins that wait for a seat: write \"Average\", \"Minimum\" or \"Maximum\"",
        ),
        (
            "/metrics/3/6/period",
            json!(10),
            "$.widgets[2].properties.metrics[3]: \"UsersWaiting\" is kept by the minute, and 10 seconds are less: write 60",
        ),
    ];
    refused(shipped::FLEET, USERS, &mutations, check::dashboard);
}
