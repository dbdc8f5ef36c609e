//! Differences between what the log says and what the projections say, in words.

use std::cmp::Ordering;

use super::lines::Line;

/// How many differences of one projection are told in words; of the others only the number.
const TOLD: usize = 50;
/// The most characters of a row that are shown.
const SHOWN: usize = 400;

/// Sentences, one a difference.
#[derive(Clone, Debug, Default)]
pub struct Differences {
    sentences: Vec<String>,
    count: usize,
}

impl Differences {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Each in words; where a projection has very many, the last sentence of it says how many more.
    pub fn sentences(&self) -> &[String] {
        &self.sentences
    }

    pub(super) fn impossible_row(&mut self, table: &str, what: &str) {
        self.count += 1;
        self.sentences.push(format!(
            "the projection {table} holds a row that no event makes: {what}"
        ));
    }

    /// Compares the lines of one projection; both are in the order of their keys.
    pub(super) fn compare(&mut self, noun: &str, wanted: &[Line], found: &[Line]) {
        let before = self.count;
        let (mut wanted, mut found) = (wanted, found);
        while let Some((key, from_log, from_live)) = next_pair(&mut wanted, &mut found) {
            if from_log != from_live {
                self.count += 1;
                if self.count - before <= TOLD {
                    self.sentences.push(sentence(noun, key, from_log, from_live));
                }
            }
        }
        let untold = (self.count - before).saturating_sub(TOLD);
        if untold > 0 {
            self.sentences.push(format!("and {untold} more differences like these"));
        }
    }
}

/// The next key in either, and what each says of it.
fn next_pair<'a>(
    wanted: &mut &'a [Line],
    found: &mut &'a [Line],
) -> Option<(&'a str, Option<&'a str>, Option<&'a str>)> {
    let order = match (wanted.first(), found.first()) {
        (None, None) => return None,
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (Some(one), Some(other)) => one.key.cmp(&other.key),
    };
    let mut from_log = None;
    if order != Ordering::Greater {
        from_log = wanted.split_off_first();
    }
    let mut from_live = None;
    if order != Ordering::Less {
        from_live = found.split_off_first();
    }
    let key = from_log.or(from_live).map(|line| line.key.as_str())?;
    Some((
        key,
        from_log.map(|line| line.value.as_str()),
        from_live.map(|line| line.value.as_str()),
    ))
}

fn sentence(noun: &str, key: &str, from_log: Option<&str>, from_live: Option<&str>) -> String {
    match (from_log, from_live) {
        (Some(log), None) => format!("the {noun} {key} is missing; the log has it {}", cut(log)),
        (None, Some(live)) => format!(
            "the {noun} {key} is not in the log; the projection has it {}",
            cut(live)
        ),
        (log, live) => format!(
            "the {noun} {key} differs: in the log {}; in the projection {}",
            cut(log.unwrap_or_default()),
            cut(live.unwrap_or_default())
        ),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(rows: &[(&str, &str)]) -> Vec<Line> {
        rows.iter()
            .map(|(key, value)| Line {
                key: (*key).into(),
                value: (*value).into(),
            })
            .collect()
    }

    #[test]
    fn each_kind_of_difference_is_told() {
        let mut differences = Differences::default();
        let wanted = lines(&[("a", "1"), ("b", "2"), ("d", "4")]);
        let found = lines(&[("b", "3"), ("c", "3"), ("d", "4")]);
        differences.compare("row", &wanted, &found);
        assert_eq!(
            differences.sentences(),
            [
                "the row a is missing; the log has it 1",
                "the row b differs: in the log 2; in the projection 3",
                "the row c is not in the log; the projection has it 3",
            ]
        );
    }

    #[test]
    fn very_many_are_counted() {
        let wanted: Vec<Line> = (100..200)
            .map(|number| Line {
                key: number.to_string(),
                value: String::new(),
            })
            .collect();
        let mut differences = Differences::default();
        differences.compare("row", &wanted, &[]);
        assert_eq!(differences.count(), 100);
        assert_eq!(differences.sentences().len(), TOLD + 1);
        assert_eq!(differences.sentences()[TOLD], "and 50 more differences like these");
    }

    #[test]
    fn equal_rows_are_no_difference() {
        let mut differences = Differences::default();
        differences.compare("row", &lines(&[("a", "1")]), &lines(&[("a", "1")]));
        assert!(differences.is_empty());
    }
}
