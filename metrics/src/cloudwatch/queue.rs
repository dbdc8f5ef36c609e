//! Samples that are still to be put, and how many of them fit into a call within PutMetricData's documented limits.

use std::collections::VecDeque;

use crate::sample::{Owner, Sample};

/// The most samples in one call.
const MOST_IN_A_CALL: usize = 1000;
/// The most bytes in one call: 1 MB, of which a tenth is left to what surrounds the samples.
const MOST_BYTES: usize = 900_000;
/// The most different values in one sample.
const MOST_VALUES: usize = 150;
/// How many samples are kept while CloudWatch is away: three hours of a fleet's.
const MOST: usize = 6000;

/// Samples, the oldest in front.
#[derive(Debug, Default)]
pub(super) struct Queue(VecDeque<Sample>);

impl Queue {
    /// Adds a sample. Where there is no room for it, the oldest one is left out: what is now matters more.
    pub(super) fn push(&mut self, sample: Sample) {
        for values in sample.values.chunks(MOST_VALUES) {
            let values = values.to_vec();
            self.0.push_back(Sample { values, ..sample });
        }
        let excess = self.0.len().saturating_sub(MOST);
        self.0.drain(..excess);
    }

    /// As many samples as fit into the next call; none where everything was put.
    pub(super) fn next(&self, owner: &Owner) -> Vec<Sample> {
        let mut bytes = 0;
        let fits = |sample: &&Sample| {
            bytes += size(sample, owner);
            bytes <= MOST_BYTES
        };
        self.0.iter().take(MOST_IN_A_CALL).take_while(fits).cloned().collect()
    }

    /// The first `count` samples were put.
    pub(super) fn done(&mut self, count: usize) {
        self.0.drain(..count.min(self.0.len()));
    }
}

/// What a sample takes in the longest of the service's protocols, where every field of every element is a line of its own,
/// as `MetricData.member.1000.Dimensions.member.3.Value=production`, and a character may take three. Rather too much than too
/// little: a full sample is below 30 kB, so that one always fits.
fn size(sample: &Sample, owner: &Owner) -> usize {
    const LINE: usize = 64;
    const NUMBER: usize = 32;
    let dimensions = sample.dimensions(owner);
    let texts = dimensions.iter();
    let texts = texts.map(|(name, value)| 2 * LINE + 3 * (name.len() + value.len()));
    // The name, the time, the unit and the resolution; and each value with its count.
    (4 + 2 * sample.values.len()) * (LINE + NUMBER) + texts.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::catalogue::Metric;

    fn owner() -> Owner {
        Owner {
            fleet: "f".repeat(64),
            environment: "e".repeat(64),
        }
    }

    fn wait(number: usize, values: usize) -> Sample {
        Sample {
            series: Metric::LoginWait.whole(),
            at: DateTime::from_timestamp(number as i64, 0).unwrap(),
            values: (0..values).map(|value| (value as f64, 1)).collect(),
        }
    }

    fn numbers(samples: &[Sample]) -> Vec<i64> {
        samples.iter().map(|sample| sample.at.timestamp()).collect()
    }

    #[test]
    fn calls_are_filled_by_number_and_by_size_and_lose_nothing() {
        for (values, in_a_call) in [(1, 1000), (150, 31)] {
            let mut queue = Queue::default();
            (0..2100).for_each(|number| queue.push(wait(number, values)));
            let mut put = Vec::new();
            loop {
                let call = queue.next(&owner());
                assert!(
                    call.len() <= in_a_call
                        && call.iter().map(|sample| size(sample, &owner())).sum::<usize>() <= MOST_BYTES
                );
                if call.is_empty() {
                    break;
                }
                put.extend(numbers(&call));
                queue.done(call.len());
            }
            assert_eq!(put, (0..2100).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_sample_has_at_most_150_values() {
        let mut queue = Queue::default();
        queue.push(wait(1, 301));
        let lengths: Vec<usize> = queue.next(&owner()).iter().map(|sample| sample.values.len()).collect();
        assert_eq!(lengths, [150, 150, 1]);
    }

    #[test]
    fn the_oldest_make_room() {
        let mut queue = Queue::default();
        (0..MOST + 20).for_each(|number| queue.push(wait(number, 1)));
        assert_eq!((queue.0.len(), numbers(&queue.next(&owner()))[0]), (MOST, 20));
    }
}
