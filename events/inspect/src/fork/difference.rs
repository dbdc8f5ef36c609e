//! What differs between two states, for people and for programs. States are compared as `state --json` prints them, so
//! that one of another build, or out of a file, can be compared too.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use tenfold_core::escape::escaped;

/// The lists of a state, in the order in which they are told.
const LISTS: [&str; 7] = [
    "accounts",
    "friends",
    "invites",
    "posts",
    "groups",
    "sessions",
    "instances",
];
/// How many differences of one list are told to people.
const TOLD: usize = 50;

/// What one list of a state has that the other has not.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Difference {
    /// In the first and not in the second.
    pub gone: Vec<Value>,
    /// In the second and not in the first.
    pub new: Vec<Value>,
}

/// The lists that differ, by their names.
pub fn differences(first: &Value, second: &Value) -> BTreeMap<String, Difference> {
    let of = |list: &&str| {
        let difference = difference(items(first, list), items(second, list));
        (difference != Difference::default()).then(|| ((*list).to_owned(), difference))
    };
    LISTS.iter().filter_map(of).collect()
}

fn items<'a>(state: &'a Value, list: &str) -> &'a [Value] {
    state.get(list).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Of equal items, as many are told as one list has more than the other.
fn difference(first: &[Value], second: &[Value]) -> Difference {
    let mut counts: BTreeMap<String, (i64, &Value)> = BTreeMap::new();
    for (items, step) in [(first, -1), (second, 1)] {
        for item in items {
            counts.entry(item.to_string()).or_insert((0, item)).0 += step;
        }
    }
    let mut difference = Difference::default();
    for (count, item) in counts.into_values() {
        let list = if count < 0 {
            &mut difference.gone
        } else {
            &mut difference.new
        };
        list.extend((0..count.abs()).map(|_| item.clone()));
    }
    difference
}

/// Writes differences for people: what is gone behind a minus, what is new behind a plus.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write_text(out: &mut impl Write, differences: &BTreeMap<String, Difference>) -> io::Result<()> {
    for list in LISTS {
        let Some(difference) = differences.get(list) else {
            continue;
        };
        writeln!(out, "  {list}")?;
        for (sign, items) in [('-', &difference.gone), ('+', &difference.new)] {
            for item in items.iter().take(TOLD) {
                writeln!(out, "    {sign} {}", words(list, item))?;
            }
            if items.len() > TOLD {
                writeln!(out, "    {sign} and {} more", items.len() - TOLD)?;
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
    let told = match list {
        "accounts" => item.as_str().unwrap_or_default().to_owned(),
        "friends" => names(Some(item)),
        "invites" => format!("{} has invited {}", text("from"), text("to")),
        "posts" => format!("{}: {}", text("author"), text("message")),
        "groups" => format!("{}: {}", text("name"), names(item.get("members"))),
        "sessions" => match item.get("instance").and_then(Value::as_str) {
            Some(instance) => format!("{} on {instance}", text("user")),
            None => format!("{} without a seat", text("user")),
        },
        _ => format!("{} {}, {} users", text("id"), text("state"), item["users"]),
    };
    escaped(&told).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_list_that_differs_is_told_and_equal_items_are_counted() {
        let post = |text: &str| json!({"author": "a", "message": text});
        let first = json!({"accounts": ["a", "b"], "posts": [post("x"), post("x")], "groups": []});
        let second = json!({"accounts": ["a", "c"], "posts": [post("x"), post("\u{1b}")], "groups": []});
        let found = differences(&first, &second);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["accounts", "posts"]);
        let mut told = Vec::new();
        write_text(&mut told, &found).unwrap();
        let expected = "  accounts\n    - b\n    + c\n  posts\n    - a: x\n    + a: \\u{1b}\n";
        assert_eq!(String::from_utf8(told).unwrap(), expected);
        assert!(differences(&first, &first).is_empty());
    }
}
