//! The service at one event of its history, and the way to its neighbours.

use std::collections::BTreeSet;
use std::sync::Arc;

use tenfold_core::ids::Position;
use uuid::Uuid;

use super::bits::Bits;
use super::error::HistoryError;
use super::item::Item;
use super::living::{Living, alive};
use super::records::{EventIndex, Extent, Table};
use super::store::Store;

/// How many events are stepped through one by one to a place nearby; what is farther is looked up anew.
const NEARBY: u64 = 500;

/// What lived after some event. It can be moved to any other.
///
/// In memory are the living rows but posts, and a bit for every post there ever was.
#[derive(Clone)]
pub struct View {
    pub(super) store: Arc<Store>,
    /// How many events are in it.
    ordinal: u64,
    place: EventIndex,
    pub(super) living: Living,
    pub(super) posts: Bits,
}

/// What one event changed, row version by row version. Where a row has another state than before, its former version is
/// among those that died and its present one among those that were born.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The versions that are there since then.
    pub born: Vec<Item>,
    /// Those that are not any more.
    pub died: Vec<Item>,
}

impl View {
    /// Before the first event, on any index.
    pub(super) fn of_nothing(store: Arc<Store>) -> View {
        View {
            store,
            ordinal: 0,
            place: EventIndex::default(),
            living: Living::default(),
            posts: Bits::default(),
        }
    }

    /// The position of the last event in it; 0 before the first.
    pub fn position(&self) -> Position {
        self.place.position
    }

    /// How many events are in it.
    pub fn ordinal(&self) -> u64 {
        self.ordinal
    }

    /// How many rows of that projection live.
    pub fn count(&self, table: Table) -> usize {
        match table {
            Table::Post => self.posts.count() as usize,
            table => self.living.count(table),
        }
    }

    /// Takes the next event in; `false` where there is none.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn forward(&mut self) -> Result<bool, HistoryError> {
        if self.ordinal == self.store.places.len() {
            return Ok(false);
        }
        let next = self.store.places.get(self.ordinal)?;
        for number in self.place.rows.born..next.rows.born {
            self.living.insert(number, self.store.rows.get(number.into())?);
        }
        for death in self.place.rows.died..next.rows.died {
            self.living.remove(self.store.row_deaths.get(death.into())?.0);
        }
        (self.place.posts.born..next.posts.born).for_each(|number| self.posts.insert(number));
        for death in self.place.posts.died..next.posts.died {
            self.posts.remove(self.store.post_deaths.get(death.into())?.0);
        }
        (self.ordinal, self.place) = (self.ordinal + 1, next);
        Ok(true)
    }

    /// Takes the last event out; `false` before the first.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn back(&mut self) -> Result<bool, HistoryError> {
        if self.ordinal == 0 {
            return Ok(false);
        }
        let before = place(&self.store, self.ordinal - 1)?;
        // What was born and died by this event must be gone in the end, so births are undone last.
        for death in before.rows.died..self.place.rows.died {
            let number = self.store.row_deaths.get(death.into())?.0;
            self.living.insert(number, self.store.rows.get(number.into())?);
        }
        (before.rows.born..self.place.rows.born).for_each(|number| self.living.remove(number));
        for death in before.posts.died..self.place.posts.died {
            self.posts.insert(self.store.post_deaths.get(death.into())?.0);
        }
        (before.posts.born..self.place.posts.born).for_each(|number| self.posts.remove(number));
        (self.ordinal, self.place) = (self.ordinal - 1, before);
        Ok(true)
    }

    /// Moves to where that many events are in it; not beyond the end.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn go_to(&mut self, ordinal: u64) -> Result<(), HistoryError> {
        let ordinal = ordinal.min(self.store.places.len());
        if ordinal.abs_diff(self.ordinal) > NEARBY {
            return self.look_up(ordinal);
        }
        while self.ordinal < ordinal {
            self.forward()?;
        }
        while self.ordinal > ordinal {
            self.back()?;
        }
        Ok(())
    }

    /// To where that many events are in it, without stepping there.
    pub(super) fn look_up(&mut self, ordinal: u64) -> Result<(), HistoryError> {
        let store = &self.store;
        let place = place(store, ordinal)?;
        self.posts = living_posts(store, place.posts)?;
        self.living = Living::load(store, place.rows)?;
        (self.ordinal, self.place) = (ordinal, place);
        Ok(())
    }

    /// What the last event in it changed.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn step(&self) -> Result<Step, HistoryError> {
        step(&self.store, self.ordinal)
    }
}

/// The place after that many events.
pub(super) fn place(store: &Store, ordinal: u64) -> Result<EventIndex, HistoryError> {
    match ordinal.checked_sub(1) {
        None => Ok(EventIndex::default()),
        Some(index) => store.places.get(index),
    }
}

/// The posts that live where the sheet of posts has that extent.
pub(super) fn living_posts(store: &Store, extent: Extent) -> Result<Bits, HistoryError> {
    alive(extent, |each| store.post_deaths.scan(0..extent.died.into(), each))
}

/// What the event of that ordinal, from 1, changed.
pub(super) fn step(store: &Store, ordinal: u64) -> Result<Step, HistoryError> {
    let (before, after) = (place(store, ordinal.saturating_sub(1))?, place(store, ordinal)?);
    let mut step = Step::default();
    for number in before.rows.born..after.rows.born {
        step.born.push(Item::of_row(store, &store.rows.get(number.into())?)?);
    }
    for death in before.rows.died..after.rows.died {
        let number = store.row_deaths.get(death.into())?.0;
        step.died.push(Item::of_row(store, &store.rows.get(number.into())?)?);
    }
    for number in before.posts.born..after.posts.born {
        step.born.push(Item::of_post(store, &store.posts.get(number.into())?)?);
    }
    for death in before.posts.died..after.posts.died {
        let number = store.post_deaths.get(death.into())?.0;
        step.died.push(Item::of_post(store, &store.posts.get(number.into())?)?);
    }
    Ok(step)
}

impl Step {
    /// All ids in it.
    pub fn ids(&self) -> BTreeSet<Uuid> {
        let items = self.born.iter().chain(&self.died);
        items.flat_map(|item| item.named_ids()).collect()
    }
}
