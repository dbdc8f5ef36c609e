//! Completion of commands and of names that were seen, pure.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use tenfold_core::command::CommandName;
use tenfold_core::escape::is_commanding;

/// More names than this are not remembered, so that memory stays bounded.
const MOST_NAMES: usize = 10_000;

/// Names of users and groups that came by.
#[derive(Debug, Default)]
pub struct Names(Mutex<BTreeSet<String>>);

impl Names {
    /// Remembers a name; not one that is shown escaped, which would act on the terminal where it is completed.
    pub fn add(&self, name: &str) {
        if name.contains(is_commanding) {
            return;
        }
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() < MOST_NAMES {
            names.insert(name.to_owned());
        }
    }

    fn beginning_with(&self, start: &str) -> Vec<String> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names
            .range(start.to_owned()..)
            .take_while(|name| name.starts_with(start))
            .cloned()
            .collect()
    }
}

/// Where the word at `position` (a byte index) begins, and what it may become.
pub fn candidates(line: &str, position: usize, names: &Names) -> (usize, Vec<String>) {
    let before = &line[..position];
    let start = before.rfind([' ', '\t']).map_or(0, |blank| blank + 1);
    let word = &before[start..];
    let found = match before[..start].split_whitespace().next() {
        None => commands_beginning_with(word),
        Some(command) => match CommandName::from_word(command) {
            // A new name, and a password.
            Some(CommandName::Register) | None => Vec::new(),
            Some(_) => names.beginning_with(word),
        },
    };
    (start, found.into_iter().map(|word| word + " ").collect())
}

fn commands_beginning_with(start: &str) -> Vec<String> {
    let words = CommandName::ALL.iter().map(|name| name.word()).chain(["help", "exit"]);
    words
        .filter(|word| word.starts_with(start))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let names = Names::default();
        for name in ["ann", "anton", "bob", "été"] {
            names.add(name);
        }
        names
    }

    #[test]
    fn the_first_word_is_a_command() {
        assert_eq!(
            candidates("list-", 5, &names()).1,
            [
                "list-invite ",
                "list-friend ",
                "list-group ",
                "list-joined ",
                "list-blocked "
            ]
        );
        assert_eq!(candidates("he", 2, &names()), (0, vec!["help ".into()]));
    }

    #[test]
    fn the_others_are_names() {
        assert_eq!(
            candidates("send bob an", 11, &names()),
            (9, vec!["ann ".into(), "anton ".into()])
        );
        assert_eq!(candidates("send é", 7, &names()), (5, vec!["été ".into()]));
        assert_eq!(candidates("register an", 11, &names()).1, Vec::<String>::new());
        assert_eq!(candidates("fly an", 6, &names()).1, Vec::<String>::new());
    }

    #[test]
    fn names_that_act_on_a_terminal_are_not_offered() {
        let names = names();
        names.add("eve\u{1b}[2J");
        names.add("eve\u{202e}");
        assert_eq!(candidates("send ev", 7, &names).1, Vec::<String>::new());
    }
}
