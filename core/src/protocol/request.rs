//! A line of text to a request. Which command it is and whose, not yet whether it is right.

use uuid::Uuid;

use crate::ids::{CommandId, Position};
use crate::token::Token;

const BLANKS: [char; 2] = [' ', '\t'];

/// A line, its command id and its first word split off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'line> {
    /// From `@<uuid> ` in front.
    pub id: Option<CommandId>,
    /// The command, whatever it is.
    pub word: &'line str,
    /// All behind it, without the blanks around it.
    pub rest: &'line str,
}

impl<'line> Request<'line> {
    /// Reads a line; `None` where it has no words. What begins with `@` and is no id is a command nobody knows.
    pub fn parse(line: &'line str) -> Option<Request<'line>> {
        let (word, rest) = first_word(line)?;
        let id = word.strip_prefix('@').and_then(|id| Uuid::try_parse(id).ok());
        match (id, first_word(rest)) {
            (Some(id), Some((word, rest))) => Some(Request {
                id: Some(CommandId(id)),
                word,
                rest,
            }),
            (Some(_), None) => None,
            (None, _) => Some(Request { id: None, word, rest }),
        }
    }

    /// The token in front of the other words, and those; `None` where there is none.
    pub fn token(&self) -> Option<(Token, &'line str)> {
        let (token, rest) = first_word(self.rest)?;
        Some((token.parse().ok()?, rest))
    }
}

/// The first word, and the rest without the blanks around it.
pub fn first_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_matches(BLANKS);
    if text.is_empty() {
        return None;
    }
    let (word, rest) = text.split_once(BLANKS).unwrap_or((text, ""));
    Some((word, rest.trim_start_matches(BLANKS)))
}

/// All the words of `text`, where they are exactly `N`.
pub fn exactly<const N: usize>(text: &str) -> Option<[&str; N]> {
    let words: Vec<&str> = text.split(BLANKS).filter(|word| !word.is_empty()).take(N + 1).collect();
    words.try_into().ok()
}

/// `N` words and the message behind them, where there is one.
pub fn words_and_message<const N: usize>(text: &str) -> Option<([&str; N], &str)> {
    let mut words = [""; N];
    let mut rest = text;
    for word in &mut words {
        (*word, rest) = first_word(rest)?;
    }
    let message = rest.trim_matches(BLANKS);
    (!message.is_empty()).then_some((words, message))
}

/// A position as typed: digits, no sign.
pub fn position(word: &str) -> Option<Position> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        word.parse().ok().map(Position)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_separated_by_spaces_and_tabs_only() {
        let request = Request::parse(" \tpost \t x\u{a0}y  hello \t").unwrap();
        assert_eq!((request.word, request.rest), ("post", "x\u{a0}y  hello"));
        assert_eq!(Request::parse(" \t "), None);
    }

    #[test]
    fn an_id_may_stand_in_front() {
        let id = Uuid::from_u128(5);
        let line = format!("@{id}  logout x");
        let request = Request::parse(&line).unwrap();
        assert_eq!(
            (request.id, request.word, request.rest),
            (Some(CommandId(id)), "logout", "x")
        );
        assert_eq!(Request::parse("@me hello").unwrap().word, "@me");
        assert_eq!(Request::parse(&format!("@{id} ")), None);
    }

    #[test]
    fn a_message_keeps_its_inner_blanks() {
        assert_eq!(
            words_and_message::<1>("bob  hi \t there "),
            Some((["bob"], "hi \t there"))
        );
        assert_eq!(words_and_message::<1>("bob "), None);
        assert_eq!(exactly::<1>(" a "), Some(["a"]));
        assert_eq!(exactly::<1>("a b"), None);
        assert_eq!(exactly::<0>(""), Some([]));
    }

    #[test]
    fn positions_are_plain_numbers() {
        assert_eq!(position("12"), Some(Position(12)));
        for word in ["-1", "+1", "", "1.0", "99999999999999999999"] {
            assert_eq!(position(word), None, "{word}");
        }
    }
}
