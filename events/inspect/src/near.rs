//! Names that somebody who mistyped may have meant.

use std::collections::BTreeSet;

use strsim::damerau_levenshtein;

/// How many are told.
const TOLD: usize = 3;

/// The names nearest to `word`, those first that need the fewest letters changed, or none that is near; as the end of a sentence.
pub fn did_you_mean(word: &str, names: impl IntoIterator<Item = String>) -> String {
    let wanted = word.to_lowercase();
    let far = (word.chars().count() / 3).max(1);
    let near = names.into_iter().filter_map(|name| {
        let distance = damerau_levenshtein(&wanted, &name.to_lowercase());
        (distance <= far && name != word).then_some((distance, name))
    });
    let near: BTreeSet<(usize, String)> = near.collect();
    let near: Vec<String> = near
        .iter()
        .take(TOLD)
        .map(|(_, name)| tenfold_core::escape::escaped(name).into_owned())
        .collect();
    match near.as_slice() {
        [] => String::new(),
        near => format!("; did you mean {}?", near.join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(word: &str) -> String {
        let names = ["alice", "alicia", "Bob", "carol", "al", "aliec"];
        did_you_mean(word, names.map(str::to_owned))
    }

    #[test]
    fn letters_that_are_missing_doubled_swapped_or_of_another_size_are_near() {
        assert_eq!(near("alcie"), "; did you mean alice?");
        assert_eq!(near("bob"), "; did you mean Bob?");
        assert_eq!(near("caroll"), "; did you mean carol?");
        assert_eq!(near("zebediah"), "");
    }
}
