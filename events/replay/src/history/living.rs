//! The rows that live at some event, but for posts, found by their numbers and by what they are about.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::bits::Bits;
use super::error::HistoryError;
use super::records::{Entity, Extent, Row, Table};
use super::store::Store;

/// In what way a row is about something. The first of a row's links is its key: no two living rows have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Link {
    /// The account itself.
    Account,
    /// An account's session.
    Session,
    /// A session's seat.
    Seat,
    /// An instance's seat, by session.
    Sitter,
    /// An account's pair, by the other.
    Pair,
    /// The group itself.
    Group,
    /// An account's block, by whom it blocks.
    Block,
    /// An account's block, by who blocks it.
    BlockedBy,
    /// An account's membership, by group.
    Membership,
    /// A group's membership, by account.
    Member,
    /// The application server itself.
    Instance,
}

/// From what, in which way, by what else.
type Key = (Entity, Link, Entity);

/// Living rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Living {
    rows: BTreeMap<u32, Row>,
    links: BTreeMap<Key, u32>,
    counts: [usize; Table::ALL.len()],
}

impl Living {
    /// Those that live where the sheet of rows has that extent.
    pub(super) fn load(store: &Store, extent: Extent) -> Result<Living, HistoryError> {
        let alive = alive(extent, |each| store.row_deaths.scan(0..extent.died.into(), each))?;
        let mut rows = Vec::new();
        let wanted = |range| alive.may_have_any(range);
        store.rows.scan_where(0..extent.born.into(), wanted, |number, row| {
            let number = number as u32;
            if alive.has(number) {
                rows.push((number, row));
            }
        })?;
        Ok(rows.into_iter().collect())
    }

    /// A row is born.
    pub(super) fn insert(&mut self, number: u32, row: Row) {
        for link in links(&row) {
            self.links.insert(link, number);
        }
        self.counts[row.table as usize] += 1;
        self.rows.insert(number, row);
    }

    /// A row dies.
    pub(super) fn remove(&mut self, number: u32) {
        let Some(row) = self.rows.remove(&number) else {
            return;
        };
        self.counts[row.table as usize] -= 1;
        for link in links(&row) {
            // Its successor under the same key may be there already.
            if self.links.get(&link) == Some(&number) {
                self.links.remove(&link);
            }
        }
    }

    /// How many rows of that table there are.
    pub(super) fn count(&self, table: Table) -> usize {
        self.counts[table as usize]
    }

    /// The row that `entity` has in that way, by `other`.
    pub(super) fn find(&self, entity: Entity, link: Link, other: Entity) -> Option<(u32, &Row)> {
        let number = *self.links.get(&(entity, link, other))?;
        self.rows.get(&number).map(|row| (number, row))
    }

    /// The living row with the same key as `row`.
    pub(super) fn same_key(&self, row: &Row) -> Option<u32> {
        links(row).next().and_then(|key| self.links.get(&key)).copied()
    }

    /// All rows that `entity` has in that way.
    pub(super) fn of(&self, entity: Entity, link: Link) -> impl Iterator<Item = (u32, &Row)> {
        let range = (
            Bound::Included((entity, link, Entity(0))),
            Bound::Included((entity, link, Entity::NONE)),
        );
        let numbers = self.links.range(range).map(|(_, number)| *number);
        numbers.filter_map(|number| self.rows.get(&number).map(|row| (number, row)))
    }

    /// All rows, oldest first.
    pub(super) fn rows(&self) -> impl DoubleEndedIterator<Item = (u32, &Row)> {
        self.rows.iter().map(|(number, row)| (*number, row))
    }
}

impl FromIterator<(u32, Row)> for Living {
    /// Faster than one by one.
    fn from_iter<T: IntoIterator<Item = (u32, Row)>>(rows: T) -> Self {
        let rows: BTreeMap<u32, Row> = rows.into_iter().collect();
        let mut counts = [0; Table::ALL.len()];
        for row in rows.values() {
            counts[row.table as usize] += 1;
        }
        let all = rows
            .iter()
            .flat_map(|(number, row)| links(row).map(|link| (link, *number)));
        let links = all.collect();
        Living { rows, links, counts }
    }
}

/// The numbers of a sheet that live at `extent`; `deaths` takes the dead through what it is given.
pub(super) fn alive(
    extent: Extent,
    deaths: impl FnOnce(&mut dyn FnMut(u64, super::records::Death)) -> Result<(), HistoryError>,
) -> Result<Bits, HistoryError> {
    let mut bits = Bits::below(extent.born);
    deaths(&mut |_, death| bits.remove(death.0))?;
    Ok(bits)
}

fn links(row: &Row) -> impl Iterator<Item = Key> + use<> {
    let alone = |link| [Some((row.who, link, Entity::NONE)), None];
    let (who, other, third) = (row.who, row.other, row.third);
    let links = match row.table {
        Table::Account => alone(Link::Account),
        Table::Session => alone(Link::Session),
        Table::Seat => [
            Some((third, Link::Seat, Entity::NONE)),
            Some((other, Link::Sitter, third)),
        ],
        Table::Invite | Table::Friendship => [Some((who, Link::Pair, other)), Some((other, Link::Pair, who))],
        Table::Block => [Some((who, Link::Block, other)), Some((other, Link::BlockedBy, who))],
        Table::Group => alone(Link::Group),
        Table::Membership => [Some((who, Link::Membership, other)), Some((other, Link::Member, who))],
        Table::Instance => alone(Link::Instance),
        // Posts are in a sheet of their own.
        Table::Post => [None, None],
    };
    links.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use tenfold_core::ids::Position;

    use super::*;

    fn friends(who: u32, other: u32) -> Row {
        Row {
            other: Entity(other),
            ..Row::new(Table::Friendship, Entity(who), Position(1))
        }
    }

    #[test]
    fn a_row_is_found_from_both_sides_until_it_dies() {
        let mut living = Living::default();
        living.insert(0, friends(1, 2));
        living.insert(1, friends(3, 1));
        assert_eq!(living.of(Entity(1), Link::Pair).count(), 2);
        assert_eq!(
            living.find(Entity(2), Link::Pair, Entity(1)).map(|(number, _)| number),
            Some(0)
        );
        assert_eq!(living, living.rows().map(|(number, row)| (number, *row)).collect());
        living.remove(0);
        assert_eq!(living.of(Entity(2), Link::Pair).count(), 0);
        assert_eq!(living.of(Entity(1), Link::Pair).count(), 1);
        living.remove(1);
        assert_eq!(living, Living::default());
    }

    #[test]
    fn a_successor_keeps_the_key_when_what_it_replaces_dies() {
        let mut living = Living::default();
        living.insert(
            0,
            Row {
                table: Table::Invite,
                ..friends(1, 2)
            },
        );
        assert_eq!(living.same_key(&friends(1, 2)), Some(0));
        living.insert(1, friends(1, 2));
        living.remove(0);
        assert_eq!(
            living.find(Entity(1), Link::Pair, Entity(2)).map(|(number, _)| number),
            Some(1)
        );
        assert_eq!((living.count(Table::Invite), living.count(Table::Friendship)), (0, 1));
    }
}
