//! Passwords in a line that is being typed. Pure.

use std::borrow::Cow;

use tenfold_core::command::CommandName;

/// Where the passwords of a line begin: behind the name in `register` and `login`, behind the user in `change-password`.
pub fn begins_at(line: &str) -> Option<usize> {
    let mut words = line.split_inclusive([' ', '\t']).scan(0, |end, word| {
        let begins = *end;
        *end += word.len();
        Some((begins, word.trim_end_matches([' ', '\t'])))
    });
    let mut words = words.by_ref().filter(|(_, word)| !word.is_empty());
    let (_, command) = words.next()?;
    let has_password = matches!(
        CommandName::from_word(command),
        Some(CommandName::Register | CommandName::Login | CommandName::ChangePassword)
    );
    words.next()?;
    words.next().map(|(begins, _)| begins).filter(|_| has_password)
}

/// The line with an asterisk for each character of its passwords. It is as wide as the line where these are as wide.
pub fn masked(line: &str) -> Cow<'_, str> {
    let Some(begins) = begins_at(line) else {
        return Cow::Borrowed(line);
    };
    let (shown, hidden) = line.split_at(begins);
    let hidden = hidden.chars().map(|character| match character {
        ' ' | '\t' => character,
        _ => '*',
    });
    Cow::Owned(shown.chars().chain(hidden).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden_and_nothing_else_is() {
        for (line, expected) in [
            ("login ann s3cret", "login ann ******"),
            ("  register\tann  p\u{fc} x", "  register\tann  ** *"),
            ("change-password ann old new", "change-password ann *** ***"),
            ("login ann", "login ann"),
            ("login ann ", "login ann "),
            ("send ann bob login me please", "send ann bob login me please"),
            ("post ann login ann s3cret", "post ann login ann s3cret"),
            ("", ""),
        ] {
            assert_eq!(masked(line), expected, "{line:?}");
        }
    }
}
