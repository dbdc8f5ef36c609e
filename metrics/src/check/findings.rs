//! What is wrong, and where.

use std::fmt;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where, as `$.widgets[3].properties.stat`.
    pub path: String,
    /// What, and how to mend it.
    pub sentence: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.sentence)
    }
}

/// All that was found so far.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// One more.
    pub(crate) fn add(&mut self, path: impl Into<String>, sentence: impl Into<String>) {
        self.0.push(Finding {
            path: path.into(),
            sentence: sentence.into(),
        });
    }

    /// All, in the order in which they were found.
    pub(crate) fn all(self) -> Vec<Finding> {
        self.0
    }
}

/// Words in a row for a sentence: `"a", "b" or "c"`.
pub(crate) fn any_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The known word that was most likely meant: one that is at most two letters away.
pub(crate) fn meant<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let near = known.iter().map(|other| (distance(word, other), *other));
    near.filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, other)| other)
}

/// How many letters must be put in, left out or replaced, letters of either case being the same.
fn distance(one: &str, other: &str) -> usize {
    let letters = |word: &str| word.to_lowercase().chars().collect::<Vec<char>>();
    let (one, other) = (letters(one), letters(other));
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, against) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != against);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_the_nearest() {
        assert_eq!(meant("peroid", &["region", "period", "stat"]), Some("period"));
        assert_eq!(meant("Stat", &["region", "stat"]), Some("stat"));
        assert_eq!(meant("colour", &["region", "stat"]), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(any_of(&["a", "b", "c"]), r#""a", "b" or "c""#);
    }
}
