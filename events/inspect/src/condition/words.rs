//! Conditions written as they are read.

use std::fmt;

use super::atoms::{Atom, Condition, Wanted, Who};

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Not(inner) => write!(f, "not {inner}"),
            Condition::And(one, other) => write!(f, "({one} and {other})"),
            Condition::Or(one, other) => write!(f, "({one} or {other})"),
            Condition::Atom(atom) => atom.fmt(f),
        }
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Atom::Invariant => f.write_str("invariant"),
            Atom::SeatsOverLimit => f.write_str("seats-over-limit"),
            Atom::Exists(who) => write!(f, "exists({who})"),
            Atom::Online(who) => write!(f, "online({who})"),
            Atom::Friends(one, other) => write!(f, "friends({one}, {other})"),
            Atom::Invited(one, other) => write!(f, "invited({one}, {other})"),
            Atom::Member(who, group) => write!(f, "member({who}, {group})"),
            Atom::Sees(who, Wanted::At(position)) => write!(f, "sees({who}, {position})"),
            Atom::Sees(who, Wanted::Saying(text)) => write!(f, "sees({who}, {})", quoted(text)),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain =
            |character: char| !character.is_whitespace() && !matches!(character, '(' | ')' | ',' | '"' | '\\');
        if !self.0.is_empty() && self.0.chars().all(is_plain) {
            f.write_str(&self.0)
        } else {
            f.write_str(&quoted(&self.0))
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
