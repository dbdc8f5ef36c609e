//! Reading JSON so that a field that stands twice is found: readers keep the last one without a word.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::findings::{Finding, Findings};

/// Reads a JSON text.
///
/// # Errors
/// Why it is none, or each field that stands twice.
pub fn parse(text: &str) -> Result<Value, Vec<Finding>> {
    let findings = RefCell::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let node = Node {
        path: "$".to_owned(),
        findings: &findings,
    };
    let read = node.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    let mut findings: Findings = findings.into_inner();
    let value = match read {
        Ok(value) => Some(value),
        Err(error) => {
            findings.add("$", format!("this is no JSON ({error}): mend it there"));
            None
        }
    };
    let findings = findings.all();
    value.filter(|_| findings.is_empty()).ok_or(findings)
}

/// What is read next, and where.
struct Node<'f> {
    path: String,
    findings: &'f RefCell<Findings>,
}

impl Node<'_> {
    fn inside(&self, step: &str) -> Self {
        Node {
            path: format!("{}{step}", self.path),
            findings: self.findings,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut json: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = json.next_element_seed(self.inside(&format!("[{}]", items.len())))? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut json: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(field) = json.next_key::<String>()? {
            let node = self.inside(&format!(".{field}"));
            let path = node.path.clone();
            let value = json.next_value_seed(node)?;
            if fields.insert(field.clone(), value).is_some() {
                let sentence = format!("\"{field}\" stands here twice, and only the last one counts: leave one out");
                self.findings.borrow_mut().add(path, sentence);
            }
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_read_as_it_is() {
        let value = json!({ "a": [1, -2, 1.5, "x", null, true, { "b": {} }], "c": [] });
        assert_eq!(parse(&value.to_string()), Ok(value));
    }

    #[test]
    fn what_stands_twice_is_found_and_what_is_no_json_too() {
        let twice = parse(r#"{ "a": [{ "b": 1, "b": 2 }] }"#).unwrap_err();
        assert_eq!(twice.len(), 1);
        assert_eq!(twice[0].path, "$.a[0].b");
        for text in ["", "{", "[1] 2", "{'a': 1}"] {
            assert!(
                parse(text).unwrap_err()[0].sentence.starts_with("this is no JSON ("),
                "{text}"
            );
        }
    }
}
