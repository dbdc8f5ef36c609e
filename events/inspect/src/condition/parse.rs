//! Reading a condition: atoms, `not`, `and`, `or` (which binds least) and parentheses, by recursive descent.

use tenfold_core::ids::Position;

use super::atoms::{Atom, Condition, Wanted, Who};
use tenfold_core::escape::escaped;

/// How deep parentheses and `not` may go; nobody means more.
const DEEPEST: usize = 100;
/// The most characters of the rest that are shown in an error.
const SHOWN: usize = 20;
/// What there is, for errors.
const ATOMS: &str = "invariant, seats-over-limit, exists(NAME), online(NAME), friends(NAME, NAME), invited(NAME, NAME), \
                     member(NAME, GROUP), sees(NAME, POSITION) and sees(NAME, \"TEXT\")";

/// Why a condition cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the condition cannot be read at column {column}, {near}: {what}")]
pub struct ConditionError {
    /// The character that was not understood, from 1.
    pub column: usize,
    /// The text around it.
    near: String,
    /// What is wrong with it.
    what: String,
}

/// Reads a condition.
///
/// # Errors
/// [`ConditionError`], which says where it stops making sense.
pub fn parse(text: &str) -> Result<Condition, ConditionError> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let condition = reader.any_of()?;
    reader.skip_blanks();
    if reader.rest().is_empty() {
        Ok(condition)
    } else if reader.rest().starts_with(')') {
        Err(reader.error("there is no ( that this ) belongs to"))
    } else {
        Err(reader.error("only \"and\", \"or\" or the end can stand here"))
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn any_of(&mut self) -> Result<Condition, ConditionError> {
        let mut condition = self.all_of()?;
        while self.takes_word("or") {
            condition = Condition::Or(condition.into(), self.all_of()?.into());
        }
        Ok(condition)
    }

    fn all_of(&mut self) -> Result<Condition, ConditionError> {
        let mut condition = self.one()?;
        while self.takes_word("and") {
            condition = Condition::And(condition.into(), self.one()?.into());
        }
        Ok(condition)
    }

    fn one(&mut self) -> Result<Condition, ConditionError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error("it is nested too deeply"));
        }
        let condition = if self.takes_word("not") {
            Condition::Not(self.one()?.into())
        } else if self.takes('(') {
            let inner = self.any_of()?;
            self.close()?;
            inner
        } else {
            Condition::Atom(self.atom()?)
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn atom(&mut self) -> Result<Atom, ConditionError> {
        self.skip_blanks();
        let begin = self.at;
        let name = self.word();
        let atom = match name {
            "invariant" => Some(Atom::Invariant),
            "seats-over-limit" => Some(Atom::SeatsOverLimit),
            "exists" => Some(Atom::Exists(self.only("exists")?)),
            "online" => Some(Atom::Online(self.only("online")?)),
            "friends" => Some(self.two("friends")?).map(|(one, other)| Atom::Friends(one, other)),
            "invited" => Some(self.two("invited")?).map(|(one, other)| Atom::Invited(one, other)),
            "member" => Some(self.two("member")?).map(|(who, group)| Atom::Member(who, group)),
            "sees" => Some(self.sees()?),
            _ => None,
        };
        atom.ok_or_else(|| {
            self.at = begin;
            self.error(&format!("a condition must stand here, one of {ATOMS}"))
        })
    }

    fn sees(&mut self) -> Result<Atom, ConditionError> {
        self.open("sees")?;
        let who = Who(self.argument()?.0);
        self.comma()?;
        self.skip_blanks();
        let begin = self.at;
        let wanted = match self.argument()? {
            (text, true) => Wanted::Saying(text),
            (number, false) => match number.parse() {
                Ok(position) => Wanted::At(Position(position)),
                Err(_) => {
                    self.at = begin;
                    return Err(self.error("a post is named by its position, or by its text in quotes"));
                }
            },
        };
        self.close()?;
        Ok(Atom::Sees(who, wanted))
    }

    fn only(&mut self, of: &str) -> Result<Who, ConditionError> {
        self.open(of)?;
        let who = Who(self.argument()?.0);
        self.skip_blanks();
        if self.rest().starts_with(',') {
            return Err(self.error(&format!("{of} takes one name only")));
        }
        self.close()?;
        Ok(who)
    }

    fn two(&mut self, of: &str) -> Result<(Who, Who), ConditionError> {
        self.open(of)?;
        let one = Who(self.argument()?.0);
        self.comma()?;
        let other = Who(self.argument()?.0);
        self.close()?;
        Ok((one, other))
    }

    /// A name, a number or a text in quotes; and whether it was in quotes.
    fn argument(&mut self) -> Result<(String, bool), ConditionError> {
        self.skip_blanks();
        if self.rest().starts_with('"') {
            return self.quoted().map(|text| (text, true));
        }
        let rest = self.rest();
        let end = rest.find(|character: char| character.is_whitespace() || matches!(character, ',' | '(' | ')' | '"'));
        let word = &rest[..end.unwrap_or(rest.len())];
        if word.is_empty() {
            return Err(self.error("a name is missing (one with blanks, commas or parentheses stands in quotes)"));
        }
        self.at += word.len();
        Ok((word.to_owned(), false))
    }

    fn quoted(&mut self) -> Result<String, ConditionError> {
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((index, character)) = characters.next() {
            match character {
                '"' => {
                    self.at += index + 1;
                    return Ok(text);
                }
                '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
                other => text.push(other),
            }
        }
        Err(self.error("the text that begins here has no closing quote"))
    }

    fn open(&mut self, of: &str) -> Result<(), ConditionError> {
        let opened = self.takes('(');
        opened
            .then_some(())
            .ok_or_else(|| self.error(&format!("{of} wants its names in parentheses, ( is missing")))
    }

    fn comma(&mut self) -> Result<(), ConditionError> {
        let taken = self.takes(',');
        taken
            .then_some(())
            .ok_or_else(|| self.error("a comma and another name are missing"))
    }

    fn close(&mut self) -> Result<(), ConditionError> {
        let closed = self.takes(')');
        closed.then_some(()).ok_or_else(|| self.error("a ) is missing"))
    }

    fn takes(&mut self, wanted: char) -> bool {
        self.skip_blanks();
        let taken = self.rest().starts_with(wanted);
        if taken {
            self.at += wanted.len_utf8();
        }
        taken
    }

    fn takes_word(&mut self, wanted: &str) -> bool {
        self.skip_blanks();
        let begin = self.at;
        let taken = self.word() == wanted;
        if !taken {
            self.at = begin;
        }
        taken
    }

    /// The word that begins here, perhaps none.
    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|character: char| !character.is_ascii_alphanumeric() && character != '-');
        let word = &rest[..end.unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error(&self, what: &str) -> ConditionError {
        let rest: String = self.rest().chars().take(SHOWN).collect();
        let near = if rest.is_empty() {
            "at its end".to_owned()
        } else {
            format!("before `{}`", escaped(&rest))
        };
        ConditionError {
            column: self.text[..self.at].chars().count() + 1,
            near,
            what: what.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn or_binds_least_and_not_most() {
        for (text, meant) in [
            ("online(a)", "online(a)"),
            ("not online(a) and exists( b )", "(not online(a) and exists(b))"),
            (
                "online(a) or exists(b) and invariant",
                "(online(a) or (exists(b) and invariant))",
            ),
            (
                "(online(a) or exists(b)) and not not seats-over-limit",
                "((online(a) or exists(b)) and not not seats-over-limit)",
            ),
            ("sees(bob, 812)", "sees(bob, 812)"),
            ("sees(\"b b\",\"a \\\"q\\\"\")", "sees(\"b b\", \"a \\\"q\\\"\")"),
            ("member(é,group-1)", "member(é, group-1)"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), meant, "{text}");
        }
    }

    #[test]
    fn errors_point_at_the_column_and_say_what_is_missing() {
        for (text, column, part) in [
            ("", 1, "friends(NAME, NAME)"),
            ("frends(a,b)", 1, "one of"),
            ("friends(a)", 10, "comma"),
            ("friends(a,)", 11, "name is missing"),
            ("friends(a,b", 12, ") is missing"),
            ("friends a, b", 9, "( is missing"),
            ("online(a,b)", 9, "one name only"),
            ("online(a) online(b)", 11, "\"and\", \"or\""),
            ("online(a))", 10, "no ("),
            ("(online(a)", 11, ") is missing"),
            ("sees(é, later)", 9, "position"),
            ("sees(a, \"later)", 9, "closing quote"),
            ("online(a) and", 14, "must stand here"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.column, column, "{text}: {error}");
            assert!(error.to_string().contains(part), "{text}: {error}");
        }
        assert!(parse(&"(".repeat(5000)).unwrap_err().to_string().contains("nested"));
    }

    fn conditions() -> impl Strategy<Value = Condition> {
        let who = || "[a-zé]{1,5}|[a-z \"\\\\,()]{1,6}".prop_map(Who);
        let atom = prop_oneof![
            Just(Atom::Invariant),
            Just(Atom::SeatsOverLimit),
            who().prop_map(Atom::Online),
            (who(), who()).prop_map(|(one, other)| Atom::Friends(one, other)),
            (who(), who()).prop_map(|(one, other)| Atom::Member(one, other)),
            (who(), 0..999_i64).prop_map(|(who, at)| Atom::Sees(who, Wanted::At(Position(at)))),
            (who(), "[ -~é]{0,9}").prop_map(|(who, text)| Atom::Sees(who, Wanted::Saying(text))),
        ];
        let leaf = atom.prop_map(Condition::Atom);
        leaf.prop_recursive(4, 16, 2, |inner| {
            prop_oneof![
                inner.clone().prop_map(|one| Condition::Not(one.into())),
                (inner.clone(), inner.clone()).prop_map(|(one, other)| Condition::And(one.into(), other.into())),
                (inner.clone(), inner).prop_map(|(one, other)| Condition::Or(one.into(), other.into())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(condition in conditions()) {
            prop_assert_eq!(parse(&condition.to_string()), Ok(condition));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,60}") {
            let _ = parse(&text);
        }
    }
}
