//! Passwords in a line that is being typed. Pure.

use std::borrow::Cow;

use tenfold_core::command::CommandName;
use tenfold_core::protocol::first_word;

/// Where the passwords of a line begin: behind the name in `register` and `login`, behind the user in `change-password`.
pub fn begins_at(line: &str) -> Option<usize> {
    // Blanks at the end are not counted.
    let typed = line.trim_end_matches([' ', '\t']);
    let (command, rest) = first_word(typed)?;
    let (_, passwords) = first_word(rest)?;
    let has_password = matches!(
        CommandName::from_word(command),
        Some(CommandName::Register | CommandName::Login | CommandName::ChangePassword)
    );
    (has_password && !passwords.is_empty()).then(|| typed.len() - passwords.len())
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
            ("login ann s3cret \t", "login ann ****** \t"),
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
