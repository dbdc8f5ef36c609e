//! Variables: what whoever looks at a dashboard may choose.

use super::findings::Findings;
use super::object::Object;
use super::values::is_id;

const MOST: usize = 25;
const KNOWN: [&str; 11] = [
    "type",
    "property",
    "pattern",
    "inputType",
    "id",
    "label",
    "search",
    "populateFrom",
    "visible",
    "defaultValue",
    "values",
];

/// Checks a dashboard's variables.
pub(crate) fn check(body: &Object, findings: &mut Findings) {
    let mut ids: Vec<&str> = Vec::new();
    for (path, variable) in body.list_of("variables", 0..=MOST, findings) {
        let Some(variable) = Object::read(variable, path, findings) else {
            continue;
        };
        one(&variable, findings);
        let Some(id) = variable.get("id").and_then(|id| id.as_str()) else {
            continue;
        };
        if ids.contains(&id) {
            findings.add(
                variable.at("id"),
                format!("the id \"{id}\" is given twice: choose another one"),
            );
        }
        ids.push(id);
    }
}

fn one(variable: &Object, findings: &mut Findings) {
    variable.has_only(&KNOWN, "a variable", findings);
    for field in ["type", "inputType", "id"] {
        variable.require(field, "every variable has it", findings);
    }
    let kind = variable.choice("type", &["property", "pattern"], findings);
    if let Some(kind) = kind {
        variable.require(kind, "write what the variable replaces", findings);
        variable.text(kind, findings);
    }
    let input = variable.choice("inputType", &["input", "radio", "select"], findings);
    let is_short = |id: &str| is_id(id) && id.len() <= 32;
    variable.text_that(
        "id",
        is_short,
        "no id: write up to 32 letters and digits, a lower-case letter first",
        findings,
    );
    for field in ["label", "search", "populateFrom", "defaultValue"] {
        variable.text(field, findings);
    }
    variable.truth("visible", findings);
    let chooses = matches!(input, Some("radio" | "select"));
    if chooses && !variable.has("values") && !variable.has("search") {
        findings.add(
            variable.path.as_str(),
            "there is nothing to choose from: write \"values\" or \"search\"",
        );
    }
    for (path, value) in variable.list("values", findings) {
        if let Some(value) = Object::read(value, path, findings) {
            value.has_only(&["value", "label"], "a value", findings);
            value.require("value", "write it", findings);
            value.text("value", findings);
            value.text("label", findings);
        }
    }
}
