//! Reading from the end of the log backward.

use tenfold_core::ids::Position;
use tenfold_log::database::Client;

use super::filter::Filter;
use crate::raw_event::RawEvent;
use crate::reader;
use tenfold_log::database::DatabaseError;
use tenfold_log::span::Span;

/// Reads the events that a filter lets through, the newest first, a bounded number at a time.
#[derive(Debug)]
pub struct Latest<'a> {
    filter: &'a Filter,
    /// What is left to be read.
    span: Span,
    /// Where the rest of the candidates are, in order; `None` where everything is read.
    candidates: Option<Vec<Position>>,
}

impl Latest<'_> {
    /// Begins at the end of `span`.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn begin<'a>(client: &Client, filter: &'a Filter, span: Span) -> Result<Latest<'a>, DatabaseError> {
        let candidates = filter.candidates(client, span).await?;
        Ok(Latest {
            filter,
            span,
            candidates: candidates.map(|positions| positions.into_iter().collect()),
        })
    }

    /// What is left begins below this, where nothing could be found along an index.
    pub fn reached(&self) -> Position {
        Position(self.span.until.0 + 1)
    }

    /// The next events, the newest first; `None` where there are no more.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn next(&mut self, client: &Client) -> Result<Option<Vec<RawEvent>>, DatabaseError> {
        let mut events = match &mut self.candidates {
            Some(candidates) if candidates.is_empty() => return Ok(None),
            Some(candidates) => {
                let chunk = candidates.split_off(candidates.len().saturating_sub(reader::AT_ONCE));
                let mut events = reader::read_at(client, &chunk).await?;
                events.reverse();
                events
            }
            None => {
                let events = reader::read_kinds_back(client, self.span, self.filter.kinds.as_deref()).await?;
                let Some(first) = events.last() else { return Ok(None) };
                self.span.until = Position(first.position.0 - 1);
                events
            }
        };
        events.retain(|event| self.filter.takes(event));
        Ok(Some(events))
    }
}

/// The end of `span` in which the filter lets through `count` events, or all there are.
///
/// # Errors
/// Where the database fails.
pub async fn last(client: &Client, filter: &Filter, span: Span, count: u64) -> Result<Span, DatabaseError> {
    let mut left = count;
    if left == 0 {
        return Ok(Span {
            after: span.until,
            ..span
        });
    }
    let mut latest = Latest::begin(client, filter, span).await?;
    while let Some(events) = latest.next(client).await? {
        for event in events {
            left -= 1;
            if left == 0 {
                let after = Position(event.position.0 - 1);
                return Ok(Span { after, ..span });
            }
        }
    }
    Ok(span)
}
