//! How many events there were, by what they are and over time.

mod sparkline;

use std::collections::BTreeMap;

use tenfold_log::database::{Client, DatabaseError};
use tenfold_log::span::Span;

pub use sparkline::sparkline;

use crate::tail::Filter;

/// By what events are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// What happened.
    Type,
    /// Why a command was refused; nothing else is counted then.
    Code,
    /// Who did it, by id; nobody where it was the fleet.
    Actor,
}

/// The events of one type, code or actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Which.
    pub key: Option<String>,
    /// How many, by the number of their interval; those in which there were none are left out.
    pub intervals: BTreeMap<i64, i64>,
}

impl By {
    /// Its name in the options and in what is printed.
    pub fn name(self) -> &'static str {
        match self {
            By::Type => "type",
            By::Code => "code",
            By::Actor => "actor",
        }
    }
}

impl Count {
    /// How many in all.
    pub fn total(&self) -> i64 {
        self.intervals.values().sum()
    }

    /// How many in the interval that has most.
    pub fn most(&self) -> i64 {
        self.intervals.values().copied().max().unwrap_or(0)
    }
}

/// Counts the events of `span` that the filter lets through, in intervals of so many seconds, numbered from 1970 by a clock that is
/// `ahead` seconds ahead of UTC; the most frequent first. What the filter says of texts is not looked at.
///
/// # Errors
/// Where the database fails.
pub async fn count(
    client: &Client,
    filter: &Filter,
    span: Span,
    by: By,
    seconds: i64,
    ahead: i64,
) -> Result<Vec<Count>, DatabaseError> {
    let positions = filter.candidates(client, span).await?;
    let positions: Option<Vec<i64>> = positions.map(|all| all.into_iter().map(|position| position.0).collect());
    let rows = client
        .query(
            include_str!("../../sql/count_events.sql"),
            &[
                &by.name(),
                &span.after.0,
                &span.until.0,
                &seconds,
                &filter.kinds,
                &filter.stream,
                &filter.command,
                &filter.actors,
                &positions,
                &ahead,
            ],
        )
        .await?;
    let mut counts: BTreeMap<Option<String>, BTreeMap<i64, i64>> = BTreeMap::new();
    for row in rows {
        counts.entry(row.get(0)).or_default().insert(row.get(1), row.get(2));
    }
    let counts = counts.into_iter().map(|(key, intervals)| Count { key, intervals });
    let mut counts: Vec<Count> = counts.collect();
    counts.sort_by_key(|count| std::cmp::Reverse(count.total()));
    Ok(counts)
}
