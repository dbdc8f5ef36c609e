//! Texts from other people, shown so that they cannot command a terminal.

use std::borrow::Cow;

/// The text with its control characters (and those that turn the direction of writing) as `\u{…}`.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(is_commanding) {
        return Cow::Borrowed(text);
    }
    let escape = |character: char| -> Cow<'static, str> {
        if is_commanding(character) {
            character.escape_default().to_string().into()
        } else {
            character.to_string().into()
        }
    };
    Cow::Owned(text.chars().map(escape).collect())
}

/// JSON on one line without a control character in it: within texts they are escaped as JSON does it, and between
/// values, where only blanks can stand, they become blanks.
pub fn escaped_json(json: &str) -> Cow<'_, str> {
    if !json.contains(is_commanding) {
        return Cow::Borrowed(json);
    }
    let escape = |character: char| match character {
        '\n' | '\r' | '\t' => " ".to_owned(),
        // All that command stand in the first plane, where one unit of UTF-16 is the character itself.
        _ if is_commanding(character) => format!("\\u{:04x}", u32::from(character)),
        _ => character.to_string(),
    };
    Cow::Owned(json.chars().map(escape).collect())
}

fn is_commanding(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_commands_a_terminal_is_left() {
        assert_eq!(escaped("plain é 🙂"), "plain é 🙂");
        assert_eq!(escaped("\u{1b}[31m\n\u{9b}\u{202e}"), "\\u{1b}[31m\\n\\u{9b}\\u{202e}");
    }

    #[test]
    fn json_stays_the_same_json() {
        let value = serde_json::json!({"text": "a\u{7f}\u{9b}\u{2028}\n"});
        let printed = serde_json::to_string_pretty(&value).unwrap();
        let escaped = escaped_json(&printed).into_owned();
        assert!(!escaped.contains(is_commanding), "{escaped}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
    }
}
