//! The array of metrics of a widget: `["Namespace", "Name", "Dimension", "value", …, {…}]`, with `"."` for what stands at the same
//! place of the metric before, and `"..."` for its whole beginning; or `[{"expression": …}]`.

use serde_json::Value;

use super::coverage::Named;
use super::expression::{self, Term};
use super::findings::Findings;
use super::metric_widget::{NO_ACCOUNT, period};
use super::object::{Object, wrong_kind};
use super::values::{
    NO_COLOUR, NO_REGION, NO_STATISTIC, is_account, is_colour, is_id, is_period, is_region, is_statistic,
};

const MOST: usize = 500;
const MOST_DIMENSIONS: usize = 30;
const OPTIONS: [&str; 9] = [
    "accountId",
    "color",
    "id",
    "label",
    "period",
    "region",
    "stat",
    "visible",
    "yAxis",
];
const FOR_EXPRESSIONS: [&str; 9] = [
    "accountId",
    "color",
    "expression",
    "id",
    "label",
    "period",
    "region",
    "visible",
    "yAxis",
];
const NO_METRIC: &str =
    "write [\"Namespace\", \"Name\", \"Dimension\", \"value\"] or [{\"expression\": \"…\", \"id\": \"e1\"}]";

/// Checks the metrics of a widget, and answers with those it names.
pub(crate) fn check(properties: &Object, findings: &mut Findings) -> Vec<Named> {
    let entries = properties.list_of("metrics", 1..=MOST, findings);
    let mut row = Row {
        usual: properties.get("stat").and_then(Value::as_str).unwrap_or("Average"),
        period: sound_period(properties),
        ..Row::default()
    };
    for (path, entry) in &entries {
        row.read(path, entry, findings);
    }
    expression::check(&row.terms, findings);
    if !entries.is_empty() && !row.has_visible {
        findings.add(
            properties.at("metrics"),
            "nothing here is visible: leave \"visible\" out of one of them",
        );
    }
    row.named
}

/// A period that is none was found by itself, and says nothing more.
fn sound_period(object: &Object) -> Option<i64> {
    let period = object.get("period").and_then(Value::as_i64);
    period.filter(|seconds| is_period(*seconds))
}

/// What is known while the array is read.
#[derive(Default)]
struct Row<'a> {
    usual: &'a str,
    period: Option<i64>,
    before: Vec<String>,
    named: Vec<Named>,
    terms: Vec<Term<'a>>,
    has_visible: bool,
}

impl<'a> Row<'a> {
    fn read(&mut self, path: &str, entry: &'a Value, findings: &mut Findings) {
        let Some(entry) = entry.as_array() else {
            wrong_kind(path, entry, "an array", findings);
            return;
        };
        let (words, options) = match entry.split_last() {
            Some((last, words)) if last.is_object() => {
                let options = Object::read(last, format!("{path}[{}]", words.len()), findings);
                (words, options)
            }
            _ => (entry.as_slice(), None),
        };
        let is_visible = self.options(options.as_ref(), words.is_empty(), path, findings);
        self.has_visible |= is_visible;
        if !words.is_empty() {
            self.metric(path, words, options.as_ref(), findings);
        } else if entry.is_empty() {
            findings.add(path, format!("an empty metric: {NO_METRIC}"));
        }
    }

    /// What may stand beside a metric, or makes an expression; answers whether it is shown.
    fn options(&mut self, options: Option<&Object<'a>>, alone: bool, path: &str, findings: &mut Findings) -> bool {
        let Some(options) = options else {
            return true;
        };
        let (known, whose): (&[&str], _) = if alone {
            (&FOR_EXPRESSIONS, "an expression")
        } else {
            (&OPTIONS, "a metric")
        };
        options.has_only(known, whose, findings);
        options.text_that("accountId", is_account, NO_ACCOUNT, findings);
        options.text_that("color", is_colour, NO_COLOUR, findings);
        options.text_that("region", is_region, NO_REGION, findings);
        options.text_that("stat", is_statistic, NO_STATISTIC, findings);
        options.text("label", findings);
        options.choice("yAxis", &["left", "right"], findings);
        period(options, findings);
        let mend = "no id: write a lower-case letter, then letters, digits and underscores, as \"m1\"";
        let id = options.text_that("id", is_id, mend, findings);
        let expression = if alone {
            options.require("id", "name the expression, as \"e1\"", findings);
            options.require("expression", NO_METRIC, findings);
            options.text("expression", findings)
        } else {
            None
        };
        self.terms.push(Term {
            path: path.to_owned(),
            id,
            expression,
        });
        options.truth("visible", findings).unwrap_or(true)
    }

    fn metric(&mut self, path: &str, words: &[Value], options: Option<&Object>, findings: &mut Findings) {
        let Some(words) = self.written_out(path, words, findings) else {
            return;
        };
        if let Some(mend) = malformed(&words) {
            findings.add(path, mend);
        }
        let option = |field| options.and_then(|options| options.get(field));
        let dimensions = words.get(2..).unwrap_or_default().chunks_exact(2);
        if let [namespace, name, ..] = words.as_slice() {
            self.named.push(Named {
                path: path.to_owned(),
                namespace: namespace.clone(),
                name: name.clone(),
                dimensions: dimensions.map(|pair| (pair[0].clone(), pair[1].clone())).collect(),
                statistic: option("stat").and_then(Value::as_str).unwrap_or(self.usual).to_owned(),
                period: options.and_then(sound_period).or(self.period),
                unit: None,
            });
        }
        self.before = words;
    }

    /// The words with the shorthands' meanings in their places.
    fn written_out(&self, path: &str, words: &[Value], findings: &mut Findings) -> Option<Vec<String>> {
        let mut written = Vec::new();
        for (index, word) in words.iter().enumerate() {
            let path = format!("{path}[{index}]");
            let Some(word) = word.as_str() else {
                wrong_kind(path, word, "a text", findings);
                return None;
            };
            match word {
                "..." if index == 0 => {
                    let Some(kept) = self.before.len().checked_sub(words.len() - 1).filter(|kept| *kept > 0) else {
                        findings.add(path, "\"...\" repeats a metric that is not there: write this one out");
                        return None;
                    };
                    written.extend_from_slice(&self.before[..kept]);
                }
                "..." => {
                    findings.add(
                        path,
                        "\"...\" stands for the beginning and can only be the first: write \".\" for a single word",
                    );
                    return None;
                }
                "." => {
                    let Some(repeated) = self.before.get(written.len()) else {
                        findings.add(
                            path,
                            "\".\" repeats what is not there in the metric before: write this word out",
                        );
                        return None;
                    };
                    written.push(repeated.clone());
                }
                _ => written.push(word.to_owned()),
            }
        }
        Some(written)
    }
}

fn malformed(words: &[String]) -> Option<String> {
    if words.len() < 2 {
        return Some(format!("a metric has a namespace and a name: {NO_METRIC}"));
    }
    if words.len() % 2 == 1 {
        let last = words.last().map(String::as_str).unwrap_or_default();
        return Some(format!(
            "the dimension \"{last}\" has no value: write it behind its name"
        ));
    }
    let dimensions: Vec<&String> = words[2..].iter().step_by(2).collect();
    if dimensions.len() > MOST_DIMENSIONS {
        return Some(format!(
            "{} dimensions are too many: a metric has {MOST_DIMENSIONS} at most",
            dimensions.len()
        ));
    }
    let is_again = |(index, name): (usize, &&String)| dimensions[..index].contains(name).then(|| (*name).clone());
    let again = dimensions.iter().enumerate().find_map(is_again);
    again.map(|name| format!("the dimension \"{name}\" stands here twice: leave one out"))
}
