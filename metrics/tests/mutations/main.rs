//! Broken dashboards that an emulator takes, since it takes any JSON: each is the shipped one with one thing changed, and each must
//! be refused at the right place, with a sentence that mends it.

mod alarms;
mod frame;
mod metrics;
mod widgets;

use serde_json::Value;
use tenfold_metrics::check;
use tenfold_metrics::template::Place;

/// What is changed (a JSON pointer), what stands there then (`null`: nothing), and the one finding.
type Mutation = (&'static str, Value, &'static str);

/// The widgets of the shipped dashboard that the mutations are of.
const USERS: &str = "/widgets/2/properties";
const SERVERS: &str = "/widgets/3/properties";

fn mutate(body: &mut Value, pointer: &str, value: &Value) {
    let (parent, field) = pointer.rsplit_once('/').expect("as shipped");
    let parent = body
        .pointer_mut(parent)
        .expect("the mutation is of something that is there");
    match (parent, value) {
        (Value::Object(fields), Value::Null) => assert!(fields.remove(field).is_some(), "{pointer} is there"),
        (Value::Object(fields), value) => drop(fields.insert(field.to_owned(), value.clone())),
        (Value::Array(items), value) if field == "-" => items.push(value.clone()),
        (Value::Array(items), value) => items[field.parse::<usize>().expect("as shipped")] = value.clone(),
        (other, _) => panic!("{other} has no fields"),
    }
}

fn found(text: &str, mutations: &[(String, Value)], checks: fn(&Value, &Place) -> Vec<check::Finding>) -> Vec<String> {
    let place = Place::example();
    let mut body = place
        .fill(&check::parse(text).expect("as shipped"))
        .expect("as shipped");
    for (pointer, value) in mutations {
        mutate(&mut body, pointer, value);
    }
    checks(&body, &place).iter().map(ToString::to_string).collect()
}

fn refused(text: &str, prefix: &str, mutations: &[Mutation], checks: fn(&Value, &Place) -> Vec<check::Finding>) {
    for (pointer, value, finding) in mutations {
        let findings = found(text, &[(format!("{prefix}{pointer}"), value.clone())], checks);
        assert_eq!(findings, [*finding], "{prefix}{pointer} = {value}");
    }
}
