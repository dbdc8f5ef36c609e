//! What a user or a group may be called.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// The most characters (Unicode scalar values) a name may have.
pub const MAX_CHARACTERS: usize = 64;

/// Why a word is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Bad name: a name is 1 to 64 characters without white space, control or format characters")]
pub struct BadName;

/// Checks that `word` is 1 to 64 characters without white space, control or format characters.
///
/// # Errors
/// [`BadName`] where it is not.
pub fn check(word: &str) -> Result<(), BadName> {
    let length = word.chars().take(MAX_CHARACTERS + 1).count();
    if length == 0 || length > MAX_CHARACTERS || word.chars().any(is_forbidden) {
        return Err(BadName);
    }
    Ok(())
}

fn is_forbidden(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character.general_category(),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_and_foreign_names_are_good() {
        for name in ["a", "USER_A", "é", "王", "🙂", &"x".repeat(64), "<b>", "\"q\"", "@me"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn empty_long_blank_and_invisible_names_are_bad() {
        for name in [
            "",
            &"x".repeat(65),
            "a b",
            "a\u{a0}b",
            "a\u{7}",
            "a\u{200b}b",
            "a\u{202e}b",
            "\u{feff}",
        ] {
            assert_eq!(check(name), Err(BadName), "{name:?}");
        }
    }
}
