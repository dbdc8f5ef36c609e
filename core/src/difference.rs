//! What differs between two sorted lists, found by one walk along both.

use std::cmp::Ordering;

/// Pairs the items of two lists. Both must be in the order that `compare` tells; an item without a partner stands alone.
/// Of several that compare as equal, the first of one list is paired with the first of the other, and so on.
pub fn paired<A, B>(
    first: impl IntoIterator<Item = A>,
    second: impl IntoIterator<Item = B>,
    compare: impl Fn(&A, &B) -> Ordering,
) -> impl Iterator<Item = (Option<A>, Option<B>)> {
    let mut first = first.into_iter().peekable();
    let mut second = second.into_iter().peekable();
    std::iter::from_fn(move || {
        let order = match (first.peek(), second.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => compare(one, other),
        };
        Some((
            first.next_if(|_| order != Ordering::Greater),
            second.next_if(|_| order != Ordering::Less),
        ))
    })
}

/// What differs between two lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference<T> {
    /// In the first alone.
    pub gone: Vec<T>,
    /// In the second alone.
    pub appeared: Vec<T>,
    /// Under the same key in both, and not the same: as it was, and as it is.
    pub changed: Vec<(T, T)>,
}

/// Compares two lists that are sorted by `key`. Where the key is the whole item nothing can have changed, and of equal items
/// as many are told as one list has more than the other.
pub fn difference<'a, T: PartialEq, K: Ord>(
    before: impl IntoIterator<Item = &'a T>,
    after: impl IntoIterator<Item = &'a T>,
    key: impl Fn(&'a T) -> K,
) -> Difference<&'a T> {
    let mut difference = Difference {
        gone: Vec::new(),
        appeared: Vec::new(),
        changed: Vec::new(),
    };
    for pair in paired(before, after, |one: &&'a T, other: &&'a T| key(one).cmp(&key(other))) {
        match pair {
            (Some(one), Some(other)) if one == other => {}
            (Some(one), Some(other)) => difference.changed.push((one, other)),
            (one, other) => {
                difference.gone.extend(one);
                difference.appeared.extend(other);
            }
        }
    }
    difference
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A key and a value.
    type Item = (u8, u8);

    fn sorted(mut items: Vec<Item>) -> Vec<Item> {
        items.sort_unstable();
        items
    }

    fn lists() -> impl Strategy<Value = (Vec<Item>, Vec<Item>)> {
        let list = || prop::collection::vec((0u8..6, 0u8..3), 0..12).prop_map(sorted);
        (list(), list())
    }

    fn owned(items: Vec<&Item>) -> Vec<Item> {
        items.into_iter().copied().collect()
    }

    proptest! {
        #[test]
        fn what_differs_makes_of_the_first_list_the_second((before, after) in lists(), by_key in any::<bool>()) {
            let found = difference(&before, &after, |item| if by_key { (item.0, 0) } else { *item });
            let mut made = before.clone();
            let changed: (Vec<_>, Vec<_>) = found.changed.into_iter().unzip();
            for gone in found.gone.into_iter().chain(changed.0) {
                made.remove(made.iter().position(|item| item == gone).expect("it was in the first list"));
            }
            made.extend(found.appeared.into_iter().chain(changed.1));
            prop_assert_eq!(sorted(made), after);
        }

        #[test]
        fn no_item_is_told_twice((before, after) in lists()) {
            let found = difference(&before, &after, |item| *item);
            prop_assert!(found.changed.is_empty());
            prop_assert!(!found.gone.iter().any(|item| found.appeared.contains(item)));
            let back = difference(&after, &before, |item| *item);
            prop_assert_eq!((owned(back.gone), owned(back.appeared)), (owned(found.appeared), owned(found.gone)));
        }

        #[test]
        fn equal_lists_do_not_differ((list, _) in lists()) {
            prop_assert!(paired(&list, &list, |one, other| one.cmp(other)).all(|(one, other)| one == other));
            let found = difference(&list, &list, |item| item.0);
            prop_assert!(found.gone.is_empty() && found.appeared.is_empty() && found.changed.is_empty());
        }
    }

    #[test]
    fn items_under_one_key_are_paired() {
        let found = difference(&[(1, 'a'), (2, 'b')], &[(2, 'c'), (3, 'd')], |item| item.0);
        assert_eq!(found.gone, [&(1, 'a')]);
        assert_eq!(found.appeared, [&(3, 'd')]);
        assert_eq!(found.changed, [(&(2, 'b'), &(2, 'c'))]);
    }
}
