//! Where two JSON values differ.

use serde_json::{Map, Value};

/// The path of the first difference, as `$.widgets[3].properties.title`; nothing where there is none. `1` and `1.0` are the same.
pub(super) fn first_difference(one: &Value, other: &Value) -> Option<String> {
    difference("$".into(), one, other)
}

fn difference(path: String, one: &Value, other: &Value) -> Option<String> {
    match (one, other) {
        (Value::Object(fields), Value::Object(others)) => {
            let of = |fields: &Map<String, Value>, name: &String| fields.get(name).cloned().unwrap_or_default();
            let names = fields.keys().chain(others.keys());
            names
                .filter_map(|name| difference(format!("{path}.{name}"), &of(fields, name), &of(others, name)))
                .next()
        }
        (Value::Array(items), Value::Array(others)) => {
            let item = |items: &[Value], index| items.get(index).cloned().unwrap_or_default();
            let longest = items.len().max(others.len());
            (0..longest)
                .filter_map(|index| difference(format!("{path}[{index}]"), &item(items, index), &item(others, index)))
                .next()
        }
        (Value::Number(number), Value::Number(other)) if number.as_f64() == other.as_f64() => None,
        _ => (one != other).then_some(path),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_difference_is_named() {
        let body = json!({ "a": [1, { "b": "c" }], "d": 0 });
        for (other, path) in [
            (json!({ "a": [1.0, { "b": "c" }], "d": 0 }), None),
            (json!({ "a": [1, { "b": "d" }], "d": 0 }), Some("$.a[1].b")),
            (json!({ "a": [1], "d": 0 }), Some("$.a[1]")),
            (json!({ "a": [1, { "b": "c" }, 2], "d": 0 }), Some("$.a[2]")),
            (json!({ "a": [1, { "b": "c" }], "d": 0, "e": 1 }), Some("$.e")),
            (json!("text"), Some("$")),
        ] {
            assert_eq!(first_difference(&body, &other).as_deref(), path, "{other}");
        }
    }
}
