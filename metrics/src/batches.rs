//! From data to calls of PutMetricData, within the service's documented limits.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::datum::{Counted, Datum, Owner};
use crate::series::Series;

/// The most data in one call.
pub const MOST_DATA: usize = 1000;
/// The most different values in one datum.
pub const MOST_VALUES: usize = 150;
/// The most dimensions of a datum.
pub const MOST_DIMENSIONS: usize = 30;
/// The most bytes in one call: 1 MB, of which a tenth is left to what surrounds the data.
pub const MOST_BYTES: usize = 900_000;
/// Older data are refused.
pub const OLDEST: TimeDelta = TimeDelta::days(14);
/// Data from further in the future are refused.
pub const NEWEST: TimeDelta = TimeDelta::hours(2);
/// No value may be further from zero: 2^360.
const GREATEST: f64 = 2.348_542_582_773_833_4e108;
/// Data that would be too old before the call arrives are too old now.
const ON_THE_WAY: TimeDelta = TimeDelta::minutes(5);

/// The calls to make, one after the other, and what CloudWatch would refuse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batches {
    /// Each within the limits; no call where there are no data.
    pub calls: Vec<Vec<Datum>>,
    /// What is left out, because one bad datum makes CloudWatch refuse the whole call.
    pub refused: Vec<Datum>,
}

/// Lays data of the same series and minute together, which is as finely as CloudWatch keeps them, and puts them into as few
/// calls as there can be. The oldest come first, so that a publisher that stops in between has a place to go on from.
pub fn batches(data: impl IntoIterator<Item = Datum>, owner: &Owner, now: DateTime<Utc>) -> Batches {
    let (good, refused) = data.into_iter().partition(|datum| is_taken(datum, owner, now));
    Batches {
        calls: calls(together(good), owner),
        refused,
    }
}

/// Whether all of these fit into one call.
pub fn fit(data: &[Datum], owner: &Owner) -> bool {
    data.len() <= MOST_DATA && data.iter().map(|datum| size(datum, owner)).sum::<usize>() <= MOST_BYTES
}

fn is_taken(datum: &Datum, owner: &Owner, now: DateTime<Utc>) -> bool {
    let in_time = datum.at > now - OLDEST + ON_THE_WAY && datum.at <= now + NEWEST;
    let has_values = !datum.values.is_empty() && datum.values.iter().all(|counted| counted.count > 0);
    let in_range = datum.values.iter().all(|counted| counted.value.abs() <= GREATEST);
    in_time && has_values && in_range && datum.dimensions(owner).len() <= MOST_DIMENSIONS
}

fn together(data: Vec<Datum>) -> Vec<Datum> {
    let mut minutes: BTreeMap<(i64, Series), Vec<Datum>> = BTreeMap::new();
    for datum in data {
        let key = (datum.at.timestamp().div_euclid(60), datum.series);
        minutes.entry(key).or_default().push(datum);
    }
    minutes.into_values().flat_map(one_minute).collect()
}

/// Data of one series and minute as few, at the time of the earliest.
fn one_minute(data: Vec<Datum>) -> Vec<Datum> {
    let Some((series, at)) = data
        .iter()
        .map(|datum| (datum.series, datum.at))
        .min_by_key(|(_, at)| *at)
    else {
        return Vec::new();
    };
    let mut values: Vec<Counted> = data.into_iter().flat_map(|datum| datum.values).collect();
    values.sort_by(|one, other| one.value.total_cmp(&other.value));
    values.dedup_by(|next, kept| {
        let is_same = next.value == kept.value;
        if is_same {
            kept.count = kept.count.saturating_add(next.count);
        }
        is_same
    });
    values
        .chunks(MOST_VALUES)
        .map(|values| Datum {
            series,
            at,
            values: values.to_vec(),
        })
        .collect()
}

fn calls(data: Vec<Datum>, owner: &Owner) -> Vec<Vec<Datum>> {
    let mut calls: Vec<Vec<Datum>> = Vec::new();
    let mut bytes = 0;
    for datum in data {
        let size = size(&datum, owner);
        match calls.last_mut() {
            Some(call) if call.len() < MOST_DATA && bytes + size <= MOST_BYTES => {
                bytes += size;
                call.push(datum);
            }
            _ => {
                bytes = size;
                calls.push(vec![datum]);
            }
        }
    }
    calls
}

/// What a datum takes in the longest of the service's protocols, where every field of every element is a line of its own,
/// as `MetricData.member.1000.Dimensions.member.3.Value=production`, and a character may take three. Rather too much than too
/// little.
fn size(datum: &Datum, owner: &Owner) -> usize {
    const LINE: usize = 64;
    const NUMBER: usize = 32;
    let dimensions = datum.dimensions(owner);
    let texts = dimensions
        .iter()
        .map(|(name, value)| 2 * LINE + 3 * (name.len() + value.len()));
    let numbers = datum.values.len() * 2 * (LINE + NUMBER);
    // The name, the time, the unit and the resolution.
    4 * (LINE + NUMBER) + texts.sum::<usize>() + numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Metric;
    use crate::series::series;

    const NOW: i64 = 1_700_000_070;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(NOW, 0).unwrap()
    }

    fn owner() -> Owner {
        Owner {
            fleet: "blue".into(),
            environment: "test".into(),
        }
    }

    fn wait(seconds_ago: i64, value: f64) -> Datum {
        let at = DateTime::from_timestamp(NOW - seconds_ago, 0).unwrap();
        Datum::new(Series::whole(Metric::LoginWait), at, value)
    }

    fn total(calls: &[Vec<Datum>]) -> u32 {
        let values = calls.iter().flatten().flat_map(|datum| &datum.values);
        values.map(|counted| counted.count).sum()
    }

    #[test]
    fn the_same_in_the_same_minute_is_one_datum_with_counts() {
        let made = batches(
            [wait(1, 5.0), wait(2, 7.0), wait(3, 5.0), wait(60, 5.0)],
            &owner(),
            now(),
        );
        let [call] = made.calls.as_slice() else {
            panic!("one call")
        };
        let values: Vec<_> = call.iter().map(|datum| datum.values.clone()).collect();
        let counted = |value, count| Counted { value, count };
        let minute_before = vec![counted(5.0, 1)];
        assert_eq!(values, [minute_before, vec![counted(5.0, 2), counted(7.0, 1)]]);
    }

    #[test]
    fn a_datum_has_at_most_150_values() {
        let made = batches((0..151).map(|number| wait(1, f64::from(number))), &owner(), now());
        let lengths: Vec<usize> = made.calls[0].iter().map(|datum| datum.values.len()).collect();
        assert_eq!(lengths, [150, 1]);
    }

    #[test]
    fn a_day_of_everything_is_in_calls_within_the_limits() {
        let minutes = 0..24 * 60;
        let data = minutes.flat_map(|minute| {
            let at = now() - TimeDelta::minutes(minute);
            series()
                .into_iter()
                .map(move |series| Datum::new(series, at, minute as f64))
        });
        let data: Vec<Datum> = data.collect();
        let count = data.len();
        let made = batches(data, &owner(), now());
        assert_eq!(total(&made.calls) as usize, count);
        assert!(made.refused.is_empty());
        for call in &made.calls {
            assert!(call.len() <= MOST_DATA);
            let bytes: usize = call.iter().map(|datum| datum.to_json(&owner()).to_string().len()).sum();
            assert!(bytes <= 1_000_000, "{bytes}");
        }
        assert!(made.calls.len() <= count / 800, "{}", made.calls.len());
        let times: Vec<_> = made.calls.iter().flatten().map(|datum| datum.at).collect();
        assert!(times.is_sorted(), "the oldest come first");
    }

    #[test]
    fn long_data_fill_a_call_by_their_size() {
        let full = (0..600).flat_map(|minute| (0..150).map(move |number| wait(minute * 60, f64::from(number))));
        let made = batches(full, &owner(), now());
        assert!(made.calls.len() > 1);
        for call in &made.calls {
            let bytes: usize = call.iter().map(|datum| size(datum, &owner())).sum();
            assert!(bytes <= MOST_BYTES && call.len() < MOST_DATA);
        }
        assert_eq!(total(&made.calls), 600 * 150);
    }

    #[test]
    fn what_would_be_refused_does_not_spoil_the_rest() {
        let fortnight = 14 * 24 * 3600;
        let bad = [
            wait(fortnight, 1.0),
            wait(-3 * 3600, 1.0),
            wait(1, f64::NAN),
            wait(1, f64::INFINITY),
            wait(1, -1e109),
        ];
        let good = [wait(fortnight - 3600, 1.0), wait(-3600, 1.0), wait(1, -1.0)];
        let made = batches(bad.iter().chain(&good).cloned(), &owner(), now());
        assert_eq!((made.refused.len(), total(&made.calls)), (5, 3));
        assert_eq!(batches([], &owner(), now()), Batches::default());
    }
}
