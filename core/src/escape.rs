//! Texts from other people, shown so that they cannot command a terminal, end a line or hide in one. The client and
//! `bin/events` share this one list of what is escaped.

use std::borrow::Cow;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Whether the character is escaped wherever somebody's text is shown: all of Unicode's general categories Control, Format,
/// Line Separator and Paragraph Separator. Among them are the C1 controls, what turns the direction of writing, and what has no
/// width, the joiner of emoji too.
pub fn is_commanding(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    matches!(
        character.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    )
}

/// The text with what [commands](is_commanding) as `\u{…}`, `\n`, `\r` or `\t`.
pub fn escaped(text: &str) -> Cow<'_, str> {
    escaped_where(text, is_commanding)
}

/// The same for the client's output, where a tab stays a tab: people write it, and it starts no line.
pub fn escaped_but_tabs(text: &str) -> Cow<'_, str> {
    escaped_where(text, |character| character != '\t' && is_commanding(character))
}

fn escaped_where(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_escaped(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// JSON on one line without a character that [commands](is_commanding): within texts they are escaped as JSON does it, and
/// between values, where only blanks can stand, they become blanks.
pub fn escaped_json(json: &str) -> Cow<'_, str> {
    if !json.contains(is_commanding) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '\n' | '\r' | '\t' => shown.push(' '),
            _ if is_commanding(character) => shown.push_str(&in_json(character)),
            _ => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// The character in units of UTF-16, of which those beyond the first plane have two.
fn in_json(character: char) -> String {
    let mut units = [0; 2];
    let units = character.encode_utf16(&mut units);
    units.iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Format characters of Unicode 16, written down from its DerivedGeneralCategory.
    const FORMAT: [(char, char); 21] = [
        ('\u{ad}', '\u{ad}'),
        ('\u{600}', '\u{605}'),
        ('\u{61c}', '\u{61c}'),
        ('\u{6dd}', '\u{6dd}'),
        ('\u{70f}', '\u{70f}'),
        ('\u{890}', '\u{891}'),
        ('\u{8e2}', '\u{8e2}'),
        ('\u{180e}', '\u{180e}'),
        ('\u{200b}', '\u{200f}'),
        ('\u{202a}', '\u{202e}'),
        ('\u{2060}', '\u{2064}'),
        ('\u{2066}', '\u{206f}'),
        ('\u{feff}', '\u{feff}'),
        ('\u{fff9}', '\u{fffb}'),
        ('\u{110bd}', '\u{110bd}'),
        ('\u{110cd}', '\u{110cd}'),
        ('\u{13430}', '\u{1343f}'),
        ('\u{1bca0}', '\u{1bca3}'),
        ('\u{1d173}', '\u{1d17a}'),
        ('\u{e0001}', '\u{e0001}'),
        ('\u{e0020}', '\u{e007f}'),
    ];

    #[test]
    fn the_list_is_unicodes() {
        let expected = |character: char| {
            character.is_control()
                || matches!(character, '\u{2028}' | '\u{2029}')
                || FORMAT.iter().any(|(first, last)| (*first..=*last).contains(&character))
        };
        for character in '\0'..=char::MAX {
            assert_eq!(is_commanding(character), expected(character), "{character:?}");
        }
    }

    #[test]
    fn ordinary_text_stays() {
        for text in [
            "",
            "plain é 🙂",
            "a\\b \"q\"",
            "王\u{3000}王",
            "❤\u{fe0f}",
            "e\u{301}",
            "אב",
        ] {
            assert!(matches!(escaped(text), Cow::Borrowed(same) if same == text), "{text}");
            assert!(
                matches!(escaped_but_tabs(text), Cow::Borrowed(same) if same == text),
                "{text}"
            );
        }
    }

    #[test]
    fn nothing_that_commands_a_terminal_is_left() {
        assert_eq!(escaped("\u{1b}[31m\n\u{9b}\u{202e}"), "\\u{1b}[31m\\n\\u{9b}\\u{202e}");
        assert_eq!(
            escaped("a\u{200b}b\u{feff}c\u{e0041}"),
            "a\\u{200b}b\\u{feff}c\\u{e0041}"
        );
        assert_eq!(escaped("👩\u{200d}👧"), "👩\\u{200d}👧");
    }

    #[test]
    fn no_character_but_a_tab_ends_or_moves_the_clients_line() {
        assert_eq!(
            escaped_but_tabs("a\tb\r\n\u{b}\u{c}\u{85}\u{2028}\u{2029}\u{7f}"),
            "a\tb\\r\\n\\u{b}\\u{c}\\u{85}\\u{2028}\\u{2029}\\u{7f}"
        );
        assert_eq!(escaped("a\tb"), "a\\tb");
    }

    #[test]
    fn json_stays_the_same_json() {
        let value = serde_json::json!({"text": "a\u{7f}\u{9b}\u{2028}\n\u{feff}\u{e0041}🙂\u{200d}"});
        let printed = serde_json::to_string_pretty(&value).unwrap();
        let escaped = escaped_json(&printed).into_owned();
        assert!(!escaped.contains(is_commanding), "{escaped}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
    }
}
