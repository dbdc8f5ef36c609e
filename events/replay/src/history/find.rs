//! Finding events by what the index knows of them.

use std::ops::Range;

use tenfold_core::event::KINDS;
use tenfold_core::ids::Position;
use uuid::Uuid;

use super::column::Column;
use super::error::HistoryError;
use super::index::History;
use super::records::{Record, Who};
use super::view::place;

/// How many events are looked through at once.
const PART: u64 = 1 << 18;

/// Which way to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Direction {
    Forward,
    Back,
}

impl History {
    /// How many events are at or below that position.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn ordinal(&self, position: Position) -> Result<u64, HistoryError> {
        let (mut low, mut high) = (0, self.events());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.store.places.get(middle)?.position <= position {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// The position of the event of that ordinal, counted from 1; 0 before the first.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn position(&self, ordinal: u64) -> Result<Position, HistoryError> {
        Ok(place(&self.store, ordinal)?.position)
    }

    /// The ordinal of the next event of that kind behind, or before, the one of that ordinal.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn next_of_kind(&self, ordinal: u64, kind: &str, direction: Direction) -> Result<Option<u64>, HistoryError> {
        let Some(number) = KINDS.iter().position(|known| *known == kind) else {
            return Ok(None);
        };
        self.next(&self.store.kinds, ordinal, direction, |kind| {
            usize::from(kind.0) == number
        })
    }

    /// The ordinal of the next event that is about the account, group or application server: that is in its stream, or
    /// to it, or names it.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn next_about(&self, ordinal: u64, id: Uuid, direction: Direction) -> Result<Option<u64>, HistoryError> {
        let Some(entity) = self.store.number(id)? else {
            return Ok(None);
        };
        self.next(&self.store.whos, ordinal, direction, |Who(who)| who.contains(&entity))
    }

    fn next<R: Record>(
        &self,
        column: &Column<R>,
        ordinal: u64,
        direction: Direction,
        wanted: impl Fn(R) -> bool,
    ) -> Result<Option<u64>, HistoryError> {
        let mut rest = match direction {
            Direction::Forward => ordinal.min(self.events())..self.events(),
            Direction::Back => 0..ordinal.saturating_sub(1),
        };
        while let Some(part) = cut(&mut rest, direction) {
            let (mut first, mut last) = (None, None);
            column.scan(part, |index, record| {
                if wanted(record) {
                    first.get_or_insert(index);
                    last = Some(index);
                }
            })?;
            let found = match direction {
                Direction::Forward => first,
                Direction::Back => last,
            };
            if let Some(index) = found {
                return Ok(Some(index + 1));
            }
        }
        Ok(None)
    }
}

/// The next part of what is to be looked through.
fn cut(rest: &mut Range<u64>, direction: Direction) -> Option<Range<u64>> {
    if rest.is_empty() {
        return None;
    }
    let length = PART.min(rest.end - rest.start);
    let part = match direction {
        Direction::Forward => rest.start..rest.start + length,
        Direction::Back => rest.end - length..rest.end,
    };
    match direction {
        Direction::Forward => rest.start = part.end,
        Direction::Back => rest.end = part.start,
    }
    Some(part)
}
