//! What the broker's ERROR frames mean, in words that name neither the user nor the password. Pure.

use super::frame::Frame;
use crate::address::Address;
use crate::protocol::ConnectError;

/// How much of a broker's sentence is repeated, in characters.
const LONGEST: usize = 200;

/// Why there is no connection.
pub(super) fn refusal(error: &Frame, address: &Address) -> ConnectError {
    let said = sentence(error);
    let lower = said.to_lowercase();
    // It says "User name [ann] or password is invalid."
    if lower.contains("password") || lower.contains("authenticat") {
        return ConnectError::RefusedLogin;
    }
    // It says "User ann is not authorized to read from: queue://tenfold.x".
    if let Some(start) = lower.find("not authorized") {
        return ConnectError::Forbidden(in_words(lower.get(start..).unwrap_or_default(), address));
    }
    ConnectError::Unexpected(in_words(said, address))
}

/// Why the connection is over.
pub(super) fn reason(error: &Frame, address: &Address) -> String {
    match sentence(error) {
        "" => "it says that something is wrong, and not what".into(),
        said => format!("it says: {}", in_words(said, address)),
    }
}

/// The body may hold a whole stack of Java's; the sentence is in a header.
fn sentence(error: &Frame) -> &str {
    let said = error.header("message").unwrap_or_default();
    said.lines().next().unwrap_or_default().trim()
}

/// Brokers like to name the user. A password has never been seen in what they say, and never will be in what we say.
fn in_words(said: &str, address: &Address) -> String {
    let secrets = [address.user.as_deref(), address.password.as_deref()];
    let is_secret = |word: &str| {
        let bare = word.trim_matches(|c: char| c.is_ascii_punctuation());
        let mut known = secrets.into_iter().flatten().filter(|secret| !secret.is_empty());
        known.any(|secret| secret.eq_ignore_ascii_case(bare) || secret == word)
    };
    let words = said
        .split_whitespace()
        .map(|word| if is_secret(word) { "…" } else { word });
    let sentence = words.collect::<Vec<_>>().join(" ");
    match address.password.as_deref().filter(|password| !password.is_empty()) {
        Some(password) if sentence.contains(password) => "something with the password in it".into(),
        _ => sentence
            .trim_end_matches('.')
            .chars()
            .filter(|c| !c.is_control())
            .take(LONGEST)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::Command;
    use super::*;

    fn address() -> Address {
        "stomp://ann:secret@host".parse().unwrap()
    }

    fn error(message: &str) -> Frame {
        Frame::new(Command::Error).with("message", message)
    }

    #[test]
    fn activemq_refusals_are_told_apart_and_name_nobody() {
        for (said, meant) in [
            ("User name [ann] or password is invalid.", ConnectError::RefusedLogin),
            (
                "User ann is not authorized to read from: queue://tenfold.x",
                ConnectError::Forbidden("not authorized to read from: queue://tenfold.x".into()),
            ),
            (
                "Invalid Protocol version[1.2], supported: [1.0]",
                ConnectError::Unexpected("Invalid Protocol version[1.2], supported: [1.0]".into()),
            ),
            ("[Ann]: no.", ConnectError::Unexpected("… no".into())),
        ] {
            assert_eq!(refusal(&error(said), &address()), meant);
        }
    }

    #[test]
    fn activemq_reasons_are_one_clause_without_secrets() {
        let reason = |said: &str| reason(&error(said), &address());
        assert_eq!(reason("Out of memory.\n\tat java"), "it says: Out of memory");
        assert_eq!(reason(""), "it says that something is wrong, and not what");
        assert_eq!(
            reason("use 'secret'?"),
            "it says: use 'secret'?".replace("'secret'?", "…")
        );
        assert!(!reason("login=ann:secret!").contains("secret"));
        assert!(reason(&"é".repeat(5000)).chars().count() < 300);
    }
}
