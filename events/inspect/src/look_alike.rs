//! Names that look alike: what somebody typed may be in letters of another script that look the same. Unicode's Technical Standard 39
//! says which (its *skeletons*). Two names of ASCII letters are never called alike: `modern` and `modem` are both fine.

use std::collections::{BTreeSet, HashMap};

use unicode_security::{MixedScript, skeleton};

/// Names by what they look like.
#[derive(Clone, Debug, Default)]
pub struct Looks(HashMap<String, BTreeSet<String>>);

impl Looks {
    /// Takes note of a name.
    pub fn add(&mut self, name: &str) {
        let names = self.0.entry(skeleton(name).collect()).or_default();
        names.insert(name.to_owned());
    }

    /// What is to be said of a name that could be taken for another one, or is of several scripts; with the letters by which it can
    /// be told from it.
    pub fn mark(&self, name: &str) -> Option<String> {
        if name.is_ascii() {
            return None;
        }
        let letters = in_ascii(name);
        let alike = self.0.get(&skeleton(name).collect::<String>());
        match alike.into_iter().flatten().find(|other| *other != name) {
            Some(other) => Some(format!("{letters}: looks like {}", in_ascii(other))),
            None if !name.is_single_script() => Some(format!("{letters}: letters of several scripts")),
            None => None,
        }
    }

    /// A sentence for each set of names that look alike.
    pub fn sentences(&self) -> Vec<String> {
        let alike = self
            .0
            .values()
            .filter(|names| names.len() > 1 && !names.iter().all(|name| name.is_ascii()));
        let mut sentences: Vec<String> = alike
            .map(|names| {
                let names: Vec<String> = names.iter().map(|name| in_ascii(name)).collect();
                format!("these names look alike: {}", names.join(" and "))
            })
            .collect();
        sentences.sort_unstable();
        sentences
    }
}

/// All but ASCII as `\\u{…}`.
fn in_ascii(name: &str) -> String {
    let letter = |letter: char| match letter {
        ' '..='~' => letter.to_string(),
        other => other.escape_unicode().to_string(),
    };
    name.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_other_letters_that_look_the_same_is_marked() {
        let mut looks = Looks::default();
        for name in ["alice", "\u{430}lice", "modern", "modem", "Зоя", "p\u{430}ul"] {
            looks.add(name);
        }
        assert_eq!(
            looks.mark("\u{430}lice").as_deref(),
            Some("\\u{430}lice: looks like alice")
        );
        assert_eq!(
            looks.mark("p\u{430}ul").as_deref(),
            Some("p\\u{430}ul: letters of several scripts")
        );
        for plain in ["alice", "modern", "Зоя", "josé"] {
            assert_eq!(looks.mark(plain), None, "{plain}");
        }
        assert_eq!(looks.sentences(), ["these names look alike: alice and \\u{430}lice"]);
    }
}
