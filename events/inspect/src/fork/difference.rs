//! What differs between two states, for people and for programs. States are compared as `state --json` prints them, so
//! that one of another build, or out of a file, can be compared too.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use tenfold_core::escape::escaped;

/// The lists of a state, in the order in which they are printed; any other follows them.
const LISTS: [&str; 7] = [
    "accounts",
    "friends",
    "invites",
    "posts",
    "groups",
    "sessions",
    "instances",
];
/// How many differences of one list are shown to people.
const SHOWN: usize = 50;

/// What one list of a state has that the other has not.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Difference {
    /// In the first and not in the second.
    pub gone: Vec<Value>,
    /// In the second and not in the first.
    pub appeared: Vec<Value>,
}

/// The lists that differ, by their names.
pub fn differences(first: &Value, second: &Value) -> BTreeMap<String, Difference> {
    let fields = [first, second].into_iter().filter_map(Value::as_object).flatten();
    let lists = fields.filter(|(_, value)| value.is_array()).map(|(list, _)| list);
    let compared = lists.map(|list| (list.clone(), difference(items(first, list), items(second, list))));
    compared
        .filter(|(_, difference)| *difference != Difference::default())
        .collect()
}

fn items<'a>(state: &'a Value, list: &str) -> &'a [Value] {
    state.get(list).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn difference(first: &[Value], second: &[Value]) -> Difference {
    let sorted = |items: &[Value]| {
        let mut items: Vec<(String, Value)> = items.iter().map(|item| (item.to_string(), item.clone())).collect();
        items.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        items
    };
    let (first, second) = (sorted(first), sorted(second));
    let found = tenfold_core::difference::difference(&first, &second, |(text, _)| text);
    let items = |found: Vec<&(String, Value)>| found.into_iter().map(|(_, item)| item.clone()).collect();
    Difference {
        gone: items(found.gone),
        appeared: items(found.appeared),
    }
}

/// Writes differences for people: what is gone behind a minus, what is new behind a plus.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write_text(out: &mut impl Write, differences: &BTreeMap<String, Difference>) -> io::Result<()> {
    let others = differences
        .keys()
        .map(String::as_str)
        .filter(|list| !LISTS.contains(list));
    for list in LISTS.into_iter().chain(others) {
        let Some(difference) = differences.get(list) else {
            continue;
        };
        writeln!(out, "  {list}")?;
        for (sign, items) in [('-', &difference.gone), ('+', &difference.appeared)] {
            for item in items.iter().take(SHOWN) {
                writeln!(out, "    {sign} {}", words(list, item))?;
            }
            if items.len() > SHOWN {
                writeln!(out, "    {sign} and {} more", items.len() - SHOWN)?;
            }
        }
    }
    Ok(())
}

fn words(list: &str, item: &Value) -> String {
    let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let names = |value: Option<&Value>| {
        let names = value.and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
    };
    let text = match list {
        "accounts" => item.as_str().unwrap_or_default().to_owned(),
        "friends" => names(Some(item)),
        "invites" => format!("{} has invited {}", text("from"), text("to")),
        "posts" => format!("{}: {}", text("author"), text("message")),
        "groups" => format!("{}: {}", text("name"), names(item.get("members"))),
        "sessions" => match item.get("instance").and_then(Value::as_str) {
            Some(instance) => format!("{} on {instance}", text("user")),
            None => format!("{} without a seat", text("user")),
        },
        "instances" => format!("{} {}, {} users", text("id"), text("state"), item["users"]),
        _ => item.to_string(),
    };
    escaped(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_list_that_differs_is_told_and_equal_items_are_counted() {
        let post = |text: &str| json!({"author": "a", "message": text});
        let first = json!({"accounts": ["a", "b"], "posts": [post("x"), post("x")], "groups": [], "position": 1});
        let second =
            json!({"accounts": ["a", "c"], "posts": [post("x"), post("\u{1b}")], "blocks": ["new"], "position": 2});
        let found = differences(&first, &second);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["accounts", "blocks", "posts"]);
        let mut text = Vec::new();
        write_text(&mut text, &found).unwrap();
        let expected = "  accounts\n    - b\n    + c\n  posts\n    - a: x\n    + a: \\u{1b}\n  blocks\n    + \"new\"\n";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
        assert!(differences(&first, &first).is_empty());
    }
}
