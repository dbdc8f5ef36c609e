//! Texts of other people on a terminal, pure: what would move the cursor, change colours or turn the reading direction
//! round is spelled out instead.

use std::borrow::Cow;

/// `text` with its control characters spelled out, as in `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let spelled = text.chars().map(|character| {
        if is_hidden(character) {
            character.escape_unicode().to_string()
        } else {
            character.to_string()
        }
    });
    Cow::Owned(spelled.collect())
}

/// Control characters, line and paragraph separators, and the marks that change the reading direction.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_stays() {
        for text in ["hello", "héllo 王 🙂", "a\\b", ""] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn what_steers_a_terminal_is_spelled_out() {
        assert_eq!(visible("\u{1b}[2Jgone\r"), "\\u{1b}[2Jgone\\u{d}");
        assert_eq!(visible("a\u{9b}b\u{202e}c\u{7f}"), "a\\u{9b}b\\u{202e}c\\u{7f}");
        assert_eq!(visible("a\tb"), "a\\u{9}b");
    }
}
