//! A set of row numbers, a bit each.

use std::ops::Range;

/// The numbers below some limit that are in the set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits {
    words: Vec<u64>,
    count: u64,
}

impl Bits {
    /// All numbers below `limit`.
    pub(super) fn below(limit: u32) -> Bits {
        let mut words = vec![u64::MAX; limit as usize / 64];
        if !limit.is_multiple_of(64) {
            words.push((1 << (limit % 64)) - 1);
        }
        Bits {
            words,
            count: limit.into(),
        }
    }

    /// How many are in it.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Whether the number is in it.
    pub(super) fn has(&self, number: u32) -> bool {
        let word = self.words.get(number as usize / 64);
        word.is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Puts the number in.
    pub(super) fn insert(&mut self, number: u32) {
        let at = number as usize / 64;
        if at >= self.words.len() {
            self.words.resize(at + 1, 0);
        }
        self.count += u64::from(!self.has(number));
        self.words[at] |= 1 << (number % 64);
    }

    /// Takes the number out.
    pub(super) fn remove(&mut self, number: u32) {
        if self.has(number) {
            self.count -= 1;
            self.words[number as usize / 64] &= !(1 << (number % 64));
        }
    }

    /// Whether any number of the range is in it; it may also say yes for one that is near.
    pub(super) fn may_have_any(&self, range: Range<u64>) -> bool {
        let end = self.words.len().min(range.end.div_ceil(64) as usize);
        let start = end.min(range.start as usize / 64);
        self.words[start..end].iter().any(|word| *word != 0)
    }

    /// The numbers in it, highest first.
    pub(super) fn descending(&self) -> impl Iterator<Item = u32> {
        let words = self.words.iter().enumerate().rev().filter(|(_, word)| **word != 0);
        words.flat_map(|(at, word)| {
            let here = (0..64).rev().filter(move |bit| word >> bit & 1 == 1);
            here.map(move |bit| at as u32 * 64 + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bits_are_a_set(limit in 0..300_u32, changes in prop::collection::vec((0..400_u32, any::<bool>()), 0..200)) {
            let mut bits = Bits::below(limit);
            let mut set: BTreeSet<u32> = (0..limit).collect();
            for (number, put) in changes {
                if put {
                    bits.insert(number);
                    set.insert(number);
                } else {
                    bits.remove(number);
                    set.remove(&number);
                }
            }
            prop_assert_eq!(bits.count(), set.len() as u64);
            prop_assert_eq!(bits.descending().collect::<Vec<_>>(), set.iter().rev().copied().collect::<Vec<_>>());
            for number in 0..410 {
                prop_assert_eq!(bits.has(number), set.contains(&number));
                let any = bits.may_have_any(u64::from(number)..u64::from(number) + 9);
                prop_assert!(any || set.range(number..number + 9).next().is_none());
            }
        }
    }
}
