//! What a user or a group may be called, and which names could be taken for each other.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};
use unicode_script::{Script, UnicodeScript};
use unicode_security::mixed_script::AugmentedScriptSet;

use crate::escape::is_commanding;

/// The most characters (Unicode scalar values) a name may have.
pub const MAX_CHARACTERS: usize = 64;

/// Signs that stand around names wherever they are shown: `<<<alice->bob: hi>>>`, `alice: hi`, `(erased-…)`.
const AROUND_NAMES: [char; 5] = ['<', '>', ':', '(', ')'];

/// The most combining characters together.
const MOST_COMBINING: usize = 4;

/// What is drawn as nothing, although Unicode calls it a symbol.
const BLANK: char = '\u{2800}';

/// What is not seen, as Unicode's DerivedCoreProperties have it (`Default_Ignorable_Code_Point`, version 16).
const DEFAULT_IGNORABLE: [(u32, u32); 17] = [
    (0x00ad, 0x00ad),
    (0x034f, 0x034f),
    (0x061c, 0x061c),
    (0x115f, 0x1160),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x200b, 0x200f),
    (0x202a, 0x202e),
    (0x2060, 0x206f),
    (0x3164, 0x3164),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff0, 0xfff8),
    (0x1bca0, 0x1bca3),
    (0x1d173, 0x1d17a),
    (0xe0000, 0xe0fff),
];

/// Why a word is no name: the rule that it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// None, or more than [`MAX_CHARACTERS`].
    #[error("Bad name: a name has 1 to 64 characters")]
    Length,
    /// Something that could be taken for what stands around names.
    #[error("Bad name: a name has no white space, and none of the signs < > : ( )")]
    Sign,
    /// Something that nobody sees, or that means something else to everybody.
    #[error(
        "Bad name: a name has no control, format or other invisible characters, and none that Unicode has given no meaning"
    )]
    Invisible,
    /// It would be drawn on what stands before the name, or over what stands above it.
    #[error("Bad name: a name does not begin with a combining character, and has no more than four of them together")]
    Mark,
    /// Letters that are not written together.
    #[error("Bad name: a name is written in one script; letters of several ones are not mixed")]
    Scripts,
}

/// A name as it is kept and compared: in Unicode's normalization form C.
pub fn normal(word: &str) -> String {
    match is_nfc(word) {
        true => word.to_owned(),
        false => word.nfc().collect(),
    }
}

/// Checks that `word`, which is [normal], is a name: 1 to 64 characters without white space, what stands around names, and what is not seen; of one
/// script, or of several that are written together (moderately restrictive in the words of [UTS 39](https://www.unicode.org/reports/tr39/)).
///
/// # Errors
/// [`BadName`] where it is not.
pub fn check(word: &str) -> Result<(), BadName> {
    let length = word.chars().take(MAX_CHARACTERS + 1).count();
    if length == 0 || length > MAX_CHARACTERS {
        return Err(BadName::Length);
    }
    if word
        .chars()
        .any(|sign| sign.is_whitespace() || stands_around_names(sign))
    {
        return Err(BadName::Sign);
    }
    if word.chars().any(is_invisible) {
        return Err(BadName::Invisible);
    }
    if !are_combining_few(word) {
        return Err(BadName::Mark);
    }
    if !is_written_together(word) {
        return Err(BadName::Scripts);
    }
    Ok(())
}

fn is_invisible(character: char) -> bool {
    let has_no_meaning = matches!(
        character.general_category(),
        GeneralCategory::PrivateUse | GeneralCategory::Unassigned | GeneralCategory::Surrogate
    );
    let code = u32::from(character);
    is_commanding(character)
        || has_no_meaning
        || character == BLANK
        || DEFAULT_IGNORABLE
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&code))
}

/// Also what only looks like such a sign, but for the letters of a script and what combines with them, such as the visarga.
fn stands_around_names(character: char) -> bool {
    let looks_like_one = || {
        let text = character.to_string();
        let mut shown = unicode_security::skeleton(&text).chain(text.nfkc());
        shown.any(|sign| AROUND_NAMES.contains(&sign))
    };
    let is_writing = || is_mark(character) || character.general_category() == GeneralCategory::OtherLetter;
    AROUND_NAMES.contains(&character) || (!character.is_ascii() && !is_writing() && looks_like_one())
}

/// Four are what a letter has in any script (the limit of [UTS 39](https://www.unicode.org/reports/tr39/#Optional_Detection)).
fn are_combining_few(word: &str) -> bool {
    let mut together = MOST_COMBINING;
    word.chars().all(|character| {
        together = if is_mark(character) { together + 1 } else { 0 };
        together <= MOST_COMBINING
    })
}

fn is_mark(character: char) -> bool {
    character.general_category_group() == GeneralCategoryGroup::Mark
}

/// One script; or Latin with Chinese, Japanese or Korean; or Latin with one other that is in wide use, but Cyrillic and Greek, whose letters
/// look like Latin ones. UTS 39, section 5.2; without its list of characters for identifiers, which has no signs and no emoji.
fn is_written_together(word: &str) -> bool {
    let (mut all, mut but_latin) = (AugmentedScriptSet::default(), AugmentedScriptSet::default());
    for character in word.chars() {
        let scripts = AugmentedScriptSet::from(character);
        all.intersect_with(scripts);
        if !character.script_extension().contains_script(Script::Latin) {
            but_latin.intersect_with(scripts);
        }
    }
    let of_one = |script: Script| script.is_recommended() && ![Script::Cyrillic, Script::Greek].contains(&script);
    !all.is_empty()
        || but_latin.kore
        || but_latin.hanb
        || but_latin.jpan
        || (but_latin.base.len() == 1 && but_latin.base.iter().all(of_one))
}

/// What the name looks like: two names of which one is not ASCII could be taken for each other where this is the same (the skeleton of
/// UTS 39, section 4). Two ASCII names are never compared so: `modern` and `modem` are both fine.
pub fn skeleton(name: &str) -> String {
    unicode_security::skeleton(name).collect()
}

/// As much of what somebody typed as is repeated to them.
pub fn shortened(word: &str) -> Cow<'_, str> {
    match word.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => Cow::Owned(format!("{}…", &word[..end])),
        None => Cow::Borrowed(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_and_foreign_names_are_good() {
        for name in [
            "a",
            "USER_A",
            "é",
            "王",
            "🙂",
            "ひらがなとカタカナ王",
            "Tokyo東京",
            "한국어kim",
            "Иван",
            "Ελένη",
            "José",
            "ไทยthai",
            &"x".repeat(64),
            "\"q\"",
            "@me",
            "a-b.c!",
            "Success!",
            "दुःख",
            "bob\u{301}\u{301}\u{301}\u{301}",
        ] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn each_rule_is_told() {
        for (name, expected) in [
            ("", BadName::Length),
            (&*"x".repeat(65), BadName::Length),
            ("a b", BadName::Sign),
            ("a\u{a0}b", BadName::Sign),
            ("<<<alice->bob", BadName::Sign),
            ("alice:", BadName::Sign),
            ("(erased-1)", BadName::Sign),
            ("a\u{7}", BadName::Invisible),
            ("a\u{200b}b", BadName::Invisible),
            ("a\u{202e}b", BadName::Invisible),
            ("\u{feff}", BadName::Invisible),
            ("a\u{3164}", BadName::Invisible),
            ("a\u{e000}", BadName::Invisible),
            ("a\u{378}", BadName::Invisible),
            ("❤\u{fe0f}", BadName::Invisible),
            ("（erased-1）", BadName::Sign),
            ("❨erased-2❩", BadName::Sign),
            ("zoe：", BadName::Sign),
            ("a∶b", BadName::Sign),
            ("＜＜＜alice", BadName::Sign),
            ("‹‹‹alice-›bob", BadName::Sign),
            ("⠀", BadName::Invisible),
            ("\u{338}bob", BadName::Mark),
            ("bob\u{301}\u{301}\u{301}\u{301}\u{301}", BadName::Mark),
            ("pаypal", BadName::Scripts),
            ("αlpha", BadName::Scripts),
            ("王Иван", BadName::Scripts),
        ] {
            assert_eq!(check(name), Err(expected), "{name:?}");
        }
    }

    #[test]
    fn names_are_compared_in_one_form() {
        assert_eq!(normal("e\u{301}"), "é");
        assert_eq!(normal("plain"), "plain");
    }

    #[test]
    fn what_looks_alike_has_the_same_skeleton() {
        assert_eq!(skeleton("раураӏ"), skeleton("paypal"));
        assert_ne!(skeleton("ann"), skeleton("bob"));
    }

    #[test]
    fn no_more_is_repeated_than_a_name_may_have() {
        assert_eq!(shortened("ü"), "ü");
        assert_eq!(shortened(&"ü".repeat(1000)).chars().count(), 65);
    }
}
