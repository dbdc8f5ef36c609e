//! Numbers as a line of little bars.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A bar for each interval, or for several where there are more than `width`: the highest is as high as the line, and a blank is an
/// interval without any.
pub fn sparkline(intervals: &BTreeMap<i64, i64>, range: RangeInclusive<i64>, width: usize) -> String {
    let (first, width) = (*range.start(), width.max(1) as i64);
    let count = range.end() - first + 1;
    let each = count.div_euclid(width) + i64::from(count % width != 0);
    let mut sums = vec![0; (count.div_euclid(each) + i64::from(count % each != 0)) as usize];
    for (interval, events) in intervals.range(range) {
        sums[((interval - first) / each) as usize] += events;
    }
    let most = sums.iter().copied().max().unwrap_or(0);
    sums.iter().map(|sum| bar(*sum, most)).collect()
}

fn bar(sum: i64, most: i64) -> char {
    match sum {
        0 => ' ',
        _ => BARS[((sum * 8 - 1) / most) as usize],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(intervals: &[(i64, i64)], range: RangeInclusive<i64>, width: usize) -> String {
        sparkline(&intervals.iter().copied().collect(), range, width)
    }

    #[test]
    fn the_highest_is_as_high_as_the_line_and_nothing_is_blank() {
        assert_eq!(line(&[(5, 8), (6, 1), (8, 4)], 5..=9, 60), "█▁ ▄ ");
        assert_eq!(line(&[(0, 1)], 0..=0, 60), "█");
        assert_eq!(line(&[], 0..=2, 60), "   ");
    }

    #[test]
    fn many_intervals_share_a_bar() {
        assert_eq!(line(&[(0, 1), (1, 1), (4, 1)], 0..=5, 3), "█ ▄");
        assert_eq!(line(&[(0, 1), (6, 1)], 0..=6, 3), "█ █");
        for count in 1..200 {
            let range = 0..=count - 1;
            assert!(line(&[(count - 1, 3)], range, 60).chars().count() <= 60, "{count}");
        }
    }
}
