//! The files in dashboards/: they are what the catalogue generates, and valid by the schema.

#![allow(clippy::unwrap_used)] // a test that meets an error has failed

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};
use tenfold_core::facts::InstanceState;
use tenfold_metrics::catalogue::{Kind, Series, series};
use tenfold_metrics::gauges::{Server, Snapshot};
use tenfold_metrics::generate::alarms::alarms;
use tenfold_metrics::generate::dashboard::dashboard;
use tenfold_metrics::generate::target::Target;
use tenfold_metrics::generate::text::to_text;
use tenfold_metrics::totals::Totals;

const FLEET: &str = include_str!("../../dashboards/fleet.json");
const ALARMS: &str = include_str!("../../dashboards/alarms.json");
const SCHEMA: &str = include_str!("../../dashboards/schema.json");

struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn new() -> Schema {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let schema = serde_json::from_str(SCHEMA).unwrap();
        compiler.add_resource("schema.json", schema).unwrap();
        let index = compiler.compile("schema.json", &mut schemas).unwrap();
        Schema { schemas, index }
    }

    fn validate(&self, body: &Value) -> Result<(), String> {
        self.schemas
            .validate(body, self.index)
            .map_err(|error| format!("{error:#}"))
    }
}

fn target() -> Target {
    let mut target = Target::placeholders();
    target.topic = Some("arn:aws:sns:us-east-1:123456789012:pager".into());
    target
}

#[test]
fn the_files_are_what_the_catalogue_generates() {
    let target = Target::placeholders();
    for (file, generated) in [(FLEET, dashboard(&target)), (ALARMS, alarms(&target))] {
        assert_eq!(file, to_text(&generated), "write it anew with `bin/dashboard generate`");
    }
}

#[test]
fn what_is_generated_is_valid() {
    let schema = Schema::new();
    assert_eq!(schema.validate(&dashboard(&target())), Ok(()));
    assert_eq!(schema.validate(&alarms(&target())), Ok(()));
}

/// An emulator takes any JSON, and CloudWatch is asked only when somebody publishes: the schema must notice.
#[test]
fn broken_files_are_not_valid() {
    let schema = Schema::new();
    let graph = "/widgets/2/properties";
    let broken = [
        ("/widgets", Value::Null),
        ("/widgets", json!("many")),
        ("/widget", json!([])),
        ("/start", json!("yesterday")),
        ("/widgets/2/type", json!("metrics")),
        ("/widgets/2/width", json!(0)),
        ("/widgets/2/x", json!(24)),
        ("/widgets/2/height", json!("6")),
        ("/widgets/0/properties/alarms/0", json!("no-heartbeat")),
        ("/widgets/0/properties/alarms", json!([])),
        ("/widgets/1/properties/text", json!("hello")),
        (&format!("{graph}/metrics"), Value::Null),
        (&format!("{graph}/region"), Value::Null),
        (&format!("{graph}/period"), json!(7)),
        (&format!("{graph}/view"), json!("line")),
        (&format!("{graph}/metrics/0/6/stat"), json!("Sum")),
        (&format!("{graph}/metrics/0/6/color"), json!("red")),
        (&format!("{graph}/metrics/0/0"), json!("Tenfolt")),
        ("/widgets/3/properties/metrics/0/0/expression", Value::Null),
        ("/widgets/3/properties/metrics/0/0/id", json!("Servers")),
    ];
    for (pointer, value) in broken {
        let mut body = dashboard(&target());
        change(&mut body, pointer, &value);
        assert!(schema.validate(&body).is_err(), "{pointer} = {value}");
    }
    let broken = [
        ("/Threshold", json!("3")),
        ("/TreatMissingData", json!("never")),
        ("/ComparisonOperator", json!(">=")),
        ("/Metrics", json!([])),
        ("/Metrics/0/ReturnData", json!(true)),
        ("/Metrics/0/MetricStat/Period", json!(61)),
        ("/Metrics/0/MetricStat/Stat", json!("Sum")),
        ("/Metrics/1/Expression", Value::Null),
        ("/AlarmActions/0", json!("pager")),
        ("/MetricName", json!("Sessions")),
    ];
    for (pointer, value) in broken {
        let mut body = alarms(&target());
        change(&mut body["alarms"][0], pointer, &value);
        assert!(schema.validate(&body).is_err(), "{pointer} = {value}");
    }
}

/// Sets what the pointer names to `value`; `null` removes it.
fn change(body: &mut Value, pointer: &str, value: &Value) {
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Object(fields) if value.is_null() => drop(fields.remove(field).unwrap()),
        Value::Object(fields) => drop(fields.insert(field.to_owned(), value.clone())),
        other => other[field.parse::<usize>().unwrap()] = value.clone(),
    }
}

#[test]
fn every_series_but_the_timings_comes_out_of_the_totals_or_the_gauges() {
    let server = Server {
        state: InstanceState::Ready,
        seats: 10,
        users: 1,
    };
    let snapshot = Snapshot {
        at: chrono::DateTime::UNIX_EPOCH,
        sessions: 1,
        users_waiting: 0,
        servers: vec![server],
        of_nobody: 0,
        refused: 1,
        seats_of_one: std::num::NonZeroU16::MIN,
        most_servers: 1,
    };
    let gauges = snapshot.samples().into_iter();
    let mut published: Vec<Series> = gauges
        .chain(Totals::default().samples(snapshot.at))
        .map(|sample| sample.series)
        .collect();
    published.sort_unstable();
    let mut expected = series();
    expected.retain(|series| series.metric.definition().kind != Kind::Timing);
    expected.sort_unstable();
    assert_eq!(published, expected);
}

/// The alarm on failed launches is on how much their total grows; those on gauges are on the gauge itself.
#[test]
fn an_alarm_on_a_counter_watches_its_growth() {
    let alarms = alarms(&target());
    let watched = |alarm: &Value| {
        let queries = alarm["Metrics"].as_array().unwrap();
        let watched = queries.iter().find(|query| query["ReturnData"] == true).unwrap();
        (watched["Expression"].as_str().map(str::to_owned), queries.len())
    };
    let of = |name: &str| {
        let alarms = alarms["alarms"].as_array().unwrap();
        let is_it = |alarm: &&Value| alarm["AlarmName"].as_str().unwrap().ends_with(name);
        alarms.iter().find(is_it).unwrap().clone()
    };
    assert_eq!(alarms["alarms"].as_array().unwrap().len(), 5);
    assert_eq!(watched(&of("launches-failing")), (Some("DIFF(level)".into()), 2));
    assert_eq!(watched(&of("users-waiting")), (None, 1));
    let heartbeat = of("no-heartbeat");
    assert_eq!(
        (
            &heartbeat["TreatMissingData"],
            &heartbeat["Metrics"][0]["MetricStat"]["Stat"]
        ),
        (&json!("breaching"), &json!("SampleCount"))
    );
}
