//! One projection as it is shown: what the last step changed in it, then what came last before that.

use std::collections::BTreeMap;

use tenfold_core::ids::Position;
use uuid::Uuid;

use crate::names::Names;
use crate::row_text::{Details, PANELS, item_text};
use tenfold_replay::history::{HistoryError, Item, Step, Table, View};

/// How many rows are shown at most.
pub(super) const MOST: usize = 60;

/// A projection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panel {
    /// What it is called.
    pub title: &'static str,
    /// How many rows it has.
    pub count: usize,
    /// Some of them: those that changed, then the newest.
    pub rows: Vec<PanelRow>,
}

/// A row of a projection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PanelRow {
    /// What it says, fit for a terminal.
    pub text: String,
    /// What the last step did to it.
    pub mark: Mark,
}

/// What the last step did to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Mark {
    Same,
    New,
    Gone,
    Changed,
}

/// A panel's title, how many rows its projection has, and those of them that are shown.
type Shown = (&'static str, usize, Vec<(Item, Mark)>);

/// What is shown where, before names and texts are known.
pub(super) struct Chosen {
    shown: Vec<Shown>,
    details: Details,
}

impl Chosen {
    /// Chooses what to show of a view; with `about`, what concerns that account alone.
    pub(super) fn of(view: &View, step: &Step, about: Option<Uuid>) -> Result<Chosen, HistoryError> {
        let mut chosen = Chosen {
            shown: Vec::new(),
            details: Details::default(),
        };
        for (title, tables) in PANELS {
            let mut items = changed(step, tables);
            let new: Vec<&Item> = step.born.iter().collect();
            let older = view.newest(tables[0], about, MOST)?;
            let older = older.into_iter().filter(|item| !new.contains(&item));
            items.extend(older.map(|item| (item, Mark::Same)));
            items.truncate(MOST);
            for (item, _) in &items {
                chosen.learn(view, item)?;
            }
            chosen.shown.push((title, view.count(tables[0]), items));
        }
        Ok(chosen)
    }

    fn learn(&mut self, view: &View, item: &Item) -> Result<(), HistoryError> {
        match item {
            Item::Session { account, .. } => {
                let seat = view.seat(*account)?;
                self.details.seats.extend(seat.map(|instance| (account.0, instance.0)));
            }
            Item::Instance { instance, .. } => drop(self.details.taken.insert(instance.0, view.taken(*instance)?)),
            Item::Group { group, .. } => drop(self.details.members.insert(group.0, view.members(*group)?)),
            _ => {}
        }
        Ok(())
    }

    /// The accounts and groups whose names are needed.
    pub(super) fn ids(&self) -> impl Iterator<Item = Uuid> {
        self.items().flat_map(Item::named_ids)
    }

    /// The posts whose texts are needed.
    pub(super) fn posts(&self) -> Vec<Position> {
        let posts = self.items().filter_map(|item| match item {
            Item::Post { position, .. } => Some(*position),
            _ => None,
        });
        posts.collect()
    }

    fn items(&self) -> impl Iterator<Item = &Item> {
        self.shown.iter().flat_map(|(_, _, items)| items).map(|(item, _)| item)
    }

    /// The panels, in words.
    pub(super) fn panels(&self, names: &Names, texts: &BTreeMap<Position, String>) -> Vec<Panel> {
        let row = |(item, mark): &(Item, Mark)| PanelRow {
            text: item_text(item, &self.details, names, texts),
            mark: *mark,
        };
        let panel = |(title, count, items): &Shown| Panel {
            title,
            count: *count,
            rows: items.iter().map(row).collect(),
        };
        self.shown.iter().map(panel).collect()
    }
}

/// What a step did to these tables: under the same key, gone and new are one change.
fn changed(step: &Step, tables: &[Table]) -> Vec<(Item, Mark)> {
    let of = |items: &[Item]| -> Vec<Item> {
        let items = items.iter().filter(|item| tables.contains(&item.table()));
        items.cloned().collect()
    };
    let (born, died) = (of(&step.born), of(&step.died));
    let same = |one: &Item, other: &Item| match (one, other) {
        (Item::Instance { instance: one, .. }, Item::Instance { instance: other, .. }) => one == other,
        _ => false,
    };
    let mark = |item: &Item| match died.iter().any(|gone| same(gone, item)) {
        true => Mark::Changed,
        false => Mark::New,
    };
    let mut changed: Vec<(Item, Mark)> = born.iter().map(|item| (item.clone(), mark(item))).collect();
    let gone = died.into_iter().filter(|item| !born.iter().any(|new| same(new, item)));
    changed.extend(gone.map(|item| (item, Mark::Gone)));
    changed
}
