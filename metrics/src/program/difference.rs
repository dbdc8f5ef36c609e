//! Where two JSON values differ.

use serde_json::Value;

/// The path of the first difference, as `$.widgets[3].properties.title`; nothing where there is none. `1` and `1.0` are the same.
pub(super) fn first(one: &Value, other: &Value) -> Option<String> {
    at("$".into(), one, other)
}

fn at(path: String, one: &Value, other: &Value) -> Option<String> {
    match (one, other) {
        (Value::Object(fields), Value::Object(others)) => {
            let inside = fields.iter().map(|(name, value)| {
                at(
                    format!("{path}.{name}"),
                    value,
                    others.get(name).unwrap_or(&Value::Null),
                )
            });
            let added = others.keys().filter(|name| !fields.contains_key(*name));
            inside
                .flatten()
                .next()
                .or_else(|| added.map(|name| format!("{path}.{name}")).next())
        }
        (Value::Array(items), Value::Array(others)) => {
            let inside = (0..).zip(items.iter().zip(others));
            let found = inside
                .filter_map(|(index, (item, other))| at(format!("{path}[{index}]"), item, other))
                .next();
            let shorter = items.len().min(others.len());
            found.or_else(|| (items.len() != others.len()).then(|| format!("{path}[{shorter}]")))
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
        let body = json!({ "a": [1, { "b": "c" }], "d": null });
        for (other, path) in [
            (body.clone(), None),
            (json!({ "a": [1.0, { "b": "c" }], "d": null }), None),
            (json!({ "a": [1, { "b": "d" }], "d": null }), Some("$.a[1].b")),
            (json!({ "a": [1], "d": null }), Some("$.a[1]")),
            (json!({ "a": [1, { "b": "c" }, 2], "d": null }), Some("$.a[2]")),
            (json!({ "a": [1, { "b": "c" }], "d": null, "e": 1 }), Some("$.e")),
            (json!("text"), Some("$")),
        ] {
            assert_eq!(first(&body, &other).as_deref(), path, "{other}");
        }
    }
}
