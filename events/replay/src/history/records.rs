//! What the index's columns hold: records of a fixed size, numbers with the least significant byte first. Nothing in
//! them was written by a person, but for the names of groups, which the log does not count as personal either.

use tenfold_core::facts::InstanceState;
use tenfold_core::ids::Position;
use uuid::Uuid;

/// A record of a column.
pub(super) trait Record: Copy {
    /// In bytes.
    const SIZE: usize;
    /// Appends its bytes.
    fn put(&self, bytes: &mut Vec<u8>);
    /// Reads its bytes, of which there are [`Record::SIZE`].
    fn get(bytes: &[u8]) -> Self;
}

/// The number that stands for an id in the index: which of the ids it is, in the order in which they came up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Entity(pub(super) u32);

impl Entity {
    /// Nobody and nothing.
    pub(super) const NONE: Entity = Entity(u32::MAX);
}

/// An event: its position, and how many births and deaths there have been in both sheets up to and with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct EventIndex {
    pub(super) position: Position,
    pub(super) rows: Extent,
    pub(super) posts: Extent,
}

/// How far a sheet had been filled at some event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    /// How many row versions there had been.
    pub(super) born: u32,
    /// How many of them were gone.
    pub(super) died: u32,
}

/// Whom or what an event is about: its stream's, and one other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Who(pub(super) [Entity; 2]);

/// Which projection a row belongs to. A pair is an invite or a friendship.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the names say what they are
pub enum Table {
    Account,
    Session,
    Seat,
    Invite,
    Friendship,
    Group,
    Membership,
    Instance,
    Post,
    Block,
}

impl Table {
    /// All, in the order in which they are numbered.
    pub const ALL: [Table; 10] = [
        Table::Account,
        Table::Session,
        Table::Seat,
        Table::Invite,
        Table::Friendship,
        Table::Group,
        Table::Membership,
        Table::Instance,
        Table::Post,
        Table::Block,
    ];
}

/// A row version of every projection but posts.
///
/// | table | who | other | third | number | state |
/// |---|---|---|---|---|---|
/// | account | account | | | | |
/// | session | account | session | | | |
/// | seat | account | server | session | which seat | |
/// | invite, friendship | who invited | who was invited | | | |
/// | group | group | first piece of its name | | length of its name | |
/// | membership | account | group | | | |
/// | block | who blocks | who is blocked | | | |
/// | instance | server | | | how many seats | its state |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) table: Table,
    pub(super) state: u8,
    pub(super) number: u16,
    pub(super) who: Entity,
    pub(super) other: Entity,
    pub(super) third: Entity,
    /// Of the event that made this version.
    pub(super) position: Position,
}

impl Row {
    /// A row of that table made there, with everything else empty.
    pub(super) fn new(table: Table, who: Entity, position: Position) -> Row {
        Row {
            table,
            state: 0,
            number: 0,
            who,
            other: Entity::NONE,
            third: Entity::NONE,
            position,
        }
    }
}

/// A post: its position, which is also where its text is, and its author.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PostRow {
    pub(super) position: Position,
    pub(super) author: Entity,
}

/// The number of a row version that died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Death(pub(super) u32);

/// Which of [`tenfold_core::event::KINDS`] an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind(pub(super) u8);

/// A piece of a group's name.
pub(super) type Piece = [u8; 16];

/// The states of an instance, by their numbers.
pub(super) const STATES: [InstanceState; 6] = [
    InstanceState::Requested,
    InstanceState::Launched,
    InstanceState::Ready,
    InstanceState::Draining,
    InstanceState::Terminated,
    InstanceState::Lost,
];

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(fixed(bytes, at))
}

fn position_at(bytes: &[u8], at: usize) -> Position {
    Position(i64::from_le_bytes(fixed(bytes, at)))
}

fn fixed<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("the slice has the array's length")
}

impl Record for EventIndex {
    const SIZE: usize = 24;

    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.position.0.to_le_bytes());
        for count in [self.rows.born, self.rows.died, self.posts.born, self.posts.died] {
            bytes.extend(count.to_le_bytes());
        }
    }

    fn get(bytes: &[u8]) -> Self {
        let extent = |at| Extent {
            born: u32_at(bytes, at),
            died: u32_at(bytes, at + 4),
        };
        EventIndex {
            position: position_at(bytes, 0),
            rows: extent(8),
            posts: extent(16),
        }
    }
}

impl Record for Who {
    const SIZE: usize = 8;

    fn put(&self, bytes: &mut Vec<u8>) {
        self.0.iter().for_each(|entity| bytes.extend(entity.0.to_le_bytes()));
    }

    fn get(bytes: &[u8]) -> Self {
        Who([Entity(u32_at(bytes, 0)), Entity(u32_at(bytes, 4))])
    }
}

impl Record for Row {
    const SIZE: usize = 24;

    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend([self.table as u8, self.state]);
        bytes.extend(self.number.to_le_bytes());
        for entity in [self.who, self.other, self.third] {
            bytes.extend(entity.0.to_le_bytes());
        }
        bytes.extend(self.position.0.to_le_bytes());
    }

    fn get(bytes: &[u8]) -> Self {
        Row {
            // The checksum says that it is what was written.
            table: Table::ALL[usize::from(bytes[0]) % Table::ALL.len()],
            state: bytes[1],
            number: u16::from_le_bytes(fixed(bytes, 2)),
            who: Entity(u32_at(bytes, 4)),
            other: Entity(u32_at(bytes, 8)),
            third: Entity(u32_at(bytes, 12)),
            position: position_at(bytes, 16),
        }
    }
}

impl Record for PostRow {
    const SIZE: usize = 12;

    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.position.0.to_le_bytes());
        bytes.extend(self.author.0.to_le_bytes());
    }

    fn get(bytes: &[u8]) -> Self {
        PostRow {
            position: position_at(bytes, 0),
            author: Entity(u32_at(bytes, 8)),
        }
    }
}

impl Record for Death {
    const SIZE: usize = 4;

    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.0.to_le_bytes());
    }

    fn get(bytes: &[u8]) -> Self {
        Death(u32_at(bytes, 0))
    }
}

impl Record for Kind {
    const SIZE: usize = 1;

    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.push(self.0);
    }

    fn get(bytes: &[u8]) -> Self {
        Kind(bytes[0])
    }
}

impl Record for Uuid {
    const SIZE: usize = 16;

    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.as_bytes());
    }

    fn get(bytes: &[u8]) -> Self {
        Uuid::from_bytes(fixed(bytes, 0))
    }
}

impl Record for Piece {
    const SIZE: usize = 16;

    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self);
    }

    fn get(bytes: &[u8]) -> Self {
        fixed(bytes, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back<R: Record + PartialEq + std::fmt::Debug>(record: R) {
        let mut bytes = Vec::new();
        record.put(&mut bytes);
        assert_eq!(bytes.len(), R::SIZE);
        assert_eq!(R::get(&bytes), record);
    }

    #[test]
    fn records_are_read_as_they_were_written() {
        there_and_back(EventIndex {
            position: Position(i64::MAX / 3),
            rows: Extent { born: 1, died: 2 },
            posts: Extent {
                born: 3,
                died: u32::MAX,
            },
        });
        for table in Table::ALL {
            there_and_back(Row {
                state: 5,
                number: 65535,
                other: Entity(7),
                ..Row::new(table, Entity(1 << 30), Position(9))
            });
        }
        there_and_back(Who([Entity(4), Entity::NONE]));
        there_and_back(PostRow {
            position: Position(77),
            author: Entity(3),
        });
        there_and_back(Death(123_456));
        there_and_back(Kind(20));
        there_and_back(Uuid::from_u128(0x1234_5678));
        there_and_back(*b"sixteen bytes ok");
    }
}
