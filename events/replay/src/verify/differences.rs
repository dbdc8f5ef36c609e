//! Differences between what the log says and what the projections say, in words.

use tenfold_core::difference::paired;
use tenfold_log::projection::Line;

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

    /// Compares the lines of one projection; both are in the order of their ranks and keys.
    pub(super) fn compare(
        &mut self,
        noun: &str,
        wanted: impl Iterator<Item = Line>,
        found: impl Iterator<Item = Line>,
    ) {
        let before = self.count;
        let in_order = |one: &Line, other: &Line| (one.rank, &one.key).cmp(&(other.rank, &other.key));
        for (from_log, from_live) in paired(wanted, found, in_order) {
            let value = |line: &Option<Line>| line.as_ref().map(|line| line.value.clone());
            if value(&from_log) != value(&from_live) {
                self.count += 1;
                if self.count - before <= TOLD {
                    self.sentences
                        .push(sentence(noun, from_log.as_ref(), from_live.as_ref()));
                }
            }
        }
        let untold = (self.count - before).saturating_sub(TOLD);
        if untold > 0 {
            self.sentences.push(format!("and {untold} more differences like these"));
        }
    }
}

fn sentence(noun: &str, from_log: Option<&Line>, from_live: Option<&Line>) -> String {
    let key = from_log.or(from_live).map_or("", |line| line.key.as_str());
    let value = |line: Option<&Line>| line.map(|line| line.value.clone());
    match (value(from_log).as_deref(), value(from_live).as_deref()) {
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
                rank: 0,
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
        differences.compare("row", wanted.into_iter(), found.into_iter());
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
                rank: 0,
                key: number.to_string(),
                value: String::new(),
            })
            .collect();
        let mut differences = Differences::default();
        differences.compare("row", wanted.into_iter(), std::iter::empty());
        assert_eq!(differences.count(), 100);
        assert_eq!(differences.sentences().len(), TOLD + 1);
        assert_eq!(differences.sentences()[TOLD], "and 50 more differences like these");
    }

    #[test]
    fn equal_rows_are_no_difference() {
        let mut differences = Differences::default();
        let row = || lines(&[("a", "1")]).into_iter();
        differences.compare("row", row(), row());
        assert!(differences.is_empty());
    }

    #[test]
    fn rows_are_paired_in_the_order_of_their_ranks() {
        let line = |rank| Line {
            rank,
            key: format!("at {rank}"),
            value: String::new(),
        };
        let mut differences = Differences::default();
        differences.compare("row", [2, 9, 10].map(line).into_iter(), [9, 10].map(line).into_iter());
        assert_eq!(differences.sentences(), ["the row at 2 is missing; the log has it "]);
    }
}
