//! JSON as the files in dashboards/ have it.

use serde_json::Value;

/// How wide a line of a generated file may be before its value is broken into several.
const WIDTH: usize = 200;

/// JSON for people: what fits into one line stands in one.
pub fn to_text(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value, 0);
    text.push('\n');
    text
}

fn write(text: &mut String, value: &Value, indent: usize) {
    let compact = value.to_string();
    let (open, close, entries): (_, _, Vec<(String, &Value)>) = match value {
        Value::Object(fields) if indent + compact.len() > WIDTH => {
            let key = |name: &String| format!("{}: ", Value::from(name.as_str()));
            (
                '{',
                '}',
                fields.iter().map(|(name, value)| (key(name), value)).collect(),
            )
        }
        Value::Array(items) if indent + compact.len() > WIDTH => {
            ('[', ']', items.iter().map(|item| (String::new(), item)).collect())
        }
        _ => return text.push_str(&compact),
    };
    text.push(open);
    for (number, (key, value)) in entries.into_iter().enumerate() {
        text.push_str(if number > 0 { ",\n" } else { "\n" });
        text.push_str(&" ".repeat(indent + 2));
        text.push_str(&key);
        write(text, value, indent + 2);
    }
    text.push('\n');
    text.push_str(&" ".repeat(indent));
    text.push(close);
}
