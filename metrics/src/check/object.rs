//! Reading a JSON object field by field. Each way to read a field tells what is wrong with it, and gives nothing then.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::findings::{Findings, any_of, meant};

/// An object and its place.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    pub(crate) path: String,
    pub(crate) fields: &'a Map<String, Value>,
}

/// The names that JSON's own types have in a sentence.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Says that something else stands where `wanted` is wanted.
pub(crate) fn wrong_kind(path: impl Into<String>, value: &Value, wanted: &str, findings: &mut Findings) {
    findings.add(path, format!("{} stands here where {wanted} is wanted", kind(value)));
}

impl<'a> Object<'a> {
    /// The object at `path`.
    pub(crate) fn read(value: &'a Value, path: impl Into<String>, findings: &mut Findings) -> Option<Object<'a>> {
        let path = path.into();
        let Some(fields) = value.as_object() else {
            wrong_kind(path, value, "an object", findings);
            return None;
        };
        Some(Object { path, fields })
    }

    /// The place of a field.
    pub(crate) fn at(&self, field: &str) -> String {
        format!("{}.{field}", self.path)
    }

    /// Finds fields that are none of `known`; `whose` is what has them, as `a metric widget`.
    pub(crate) fn has_only(&self, known: &[&str], whose: &str, findings: &mut Findings) {
        for field in self.fields.keys().filter(|field| !known.contains(&field.as_str())) {
            let mend = match meant(field, known) {
                Some(name) => format!("write \"{name}\", if that was meant"),
                None => format!("leave it out; there are {}", any_of(known).replace(" or ", " and ")),
            };
            findings.add(self.at(field), format!("\"{field}\" is no property of {whose}: {mend}"));
        }
    }

    /// The field, where it is there.
    pub(crate) fn get(&self, field: &str) -> Option<&'a Value> {
        self.fields.get(field)
    }

    /// Whether the field is there.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// Finds that the field is missing; `mend` says what it is to be.
    pub(crate) fn require(&self, field: &str, mend: &str, findings: &mut Findings) -> Option<&'a Value> {
        let value = self.get(field);
        if value.is_none() {
            findings.add(self.path.as_str(), format!("\"{field}\" is missing: {mend}"));
        }
        value
    }

    fn of_kind<T>(
        &self,
        field: &str,
        wanted: &str,
        read: impl Fn(&'a Value) -> Option<T>,
        findings: &mut Findings,
    ) -> Option<T> {
        let value = self.get(field)?;
        let found = read(value);
        if found.is_none() {
            wrong_kind(self.at(field), value, wanted, findings);
        }
        found
    }

    /// A text.
    pub(crate) fn text(&self, field: &str, findings: &mut Findings) -> Option<&'a str> {
        self.of_kind(field, "a text", Value::as_str, findings)
    }

    /// True or false.
    pub(crate) fn truth(&self, field: &str, findings: &mut Findings) -> Option<bool> {
        self.of_kind(field, "true or false", Value::as_bool, findings)
    }

    /// A number.
    pub(crate) fn number(&self, field: &str, findings: &mut Findings) -> Option<f64> {
        self.of_kind(field, "a number", Value::as_f64, findings)
    }

    /// A whole number within bounds.
    pub(crate) fn whole(&self, field: &str, bounds: RangeInclusive<i64>, findings: &mut Findings) -> Option<i64> {
        let number = self.of_kind(field, "a whole number", Value::as_i64, findings)?;
        if bounds.contains(&number) {
            return Some(number);
        }
        let sentence = match *bounds.end() {
            i64::MAX => format!("{number} is too little: it must be {} or more", bounds.start()),
            end => format!("{number} is out of bounds: it must be {} to {end}", bounds.start()),
        };
        findings.add(self.at(field), sentence);
        None
    }

    /// One of some words.
    pub(crate) fn choice(&self, field: &str, words: &[&str], findings: &mut Findings) -> Option<&'a str> {
        let word = self.text(field, findings)?;
        if words.contains(&word) {
            return Some(word);
        }
        findings.add(
            self.at(field),
            format!("\"{word}\" is none of the choices: write {}", any_of(words)),
        );
        None
    }

    /// A text that `is_right` accepts; where it does not, `mend` says what it is to be.
    pub(crate) fn text_that(
        &self,
        field: &str,
        is_right: impl Fn(&str) -> bool,
        mend: &str,
        findings: &mut Findings,
    ) -> Option<&'a str> {
        let text = self.text(field, findings)?;
        if is_right(text) {
            return Some(text);
        }
        findings.add(self.at(field), format!("\"{text}\" is {mend}"));
        None
    }

    /// An object.
    pub(crate) fn object(&self, field: &str, findings: &mut Findings) -> Option<Object<'a>> {
        Object::read(self.get(field)?, self.at(field), findings)
    }

    /// An array, each item with its place; nothing where the field is missing or is no array.
    pub(crate) fn list(&self, field: &str, findings: &mut Findings) -> Vec<(String, &'a Value)> {
        let items = self.of_kind(field, "an array", Value::as_array, findings);
        let items = items.map_or(&[] as &[Value], Vec::as_slice).iter().enumerate();
        let path = self.at(field);
        items.map(|(index, item)| (format!("{path}[{index}]"), item)).collect()
    }

    /// An array of a bounded length.
    pub(crate) fn list_of(
        &self,
        field: &str,
        bounds: RangeInclusive<usize>,
        findings: &mut Findings,
    ) -> Vec<(String, &'a Value)> {
        let items = self.list(field, findings);
        let is_array = self.get(field).is_some_and(Value::is_array);
        if is_array && !bounds.contains(&items.len()) {
            let (length, least, most) = (items.len(), bounds.start(), bounds.end());
            findings.add(
                self.at(field),
                format!("it has {length} items: {least} to {most} are allowed"),
            );
        }
        items
    }
}
