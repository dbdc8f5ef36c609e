//! How rows stand in their tables: what every projection says of itself.

use tenfold_core::facts::Projected;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// A row type and its table. What is said here serves appending, rebuilding, verification and the live state alike.
pub trait Stored: Projected {
    /// The table.
    const TABLE: &'static str;
    /// How a sentence calls a row of it.
    const NOUN: &'static str;
    /// Its columns, in the order of [`Stored::write`] and [`Stored::read`].
    const COLUMNS: &'static [Column];
    /// The columns by which a change finds a row, in the order of [`Stored::write_key`].
    const KEY: &'static [&'static str];
    /// The columns that hold the accounts a row goes with: any of them.
    const OWNERS: &'static [&'static str] = &[];
    /// What happens to a row that is put while there is one with its key.
    const TAKEN: Taken = Taken::Conflict;

    /// Writes its values, one a column.
    fn write(&self, values: &mut impl Values);
    /// Writes a key's values.
    fn write_key(key: &Self::Key, values: &mut impl Values);
    /// Reads the columns of a row that begin at `first`.
    ///
    /// # Errors
    /// What no event makes, in words.
    fn read(row: &Row, first: usize) -> Result<Self, String>;
    /// The row as a line of text, for checksums and for people. Texts stand quoted, with their control characters escaped, so that no
    /// text can look like two lines or like another row.
    fn line(&self) -> Line;
}

/// What happens to a row that is put while there is one with its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Somebody else was faster: Postgres raises the conflict, and the batch goes again.
    Conflict,
    /// The row has a new state, which replaces the old one.
    Replace,
    /// Never put by itself: `append_events` writes it together with its event.
    WithEvent,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// The id of something.
    Id,
    /// A word or text that nobody wrote and that names nobody.
    Text,
    /// What a person wrote or is called: sealed in the log, in plain text here, gone when the account is deleted.
    Personal,
    /// A position in the log; in a row that is being appended, a provisional one that the database replaces.
    Position,
    /// A number from 0 to 32,767.
    Small,
    /// A number.
    Integer,
}

/// A column of a projection's table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Whether the value may be absent.
    pub nullable: bool,
}

impl Column {
    /// A column whose value is always there.
    pub const fn new(name: &'static str, holds: Holds) -> Column {
        Column {
            name,
            holds,
            nullable: false,
        }
    }

    /// A column whose value may be absent.
    pub const fn nullable(name: &'static str, holds: Holds) -> Column {
        Column {
            name,
            holds,
            nullable: true,
        }
    }

    /// Whether it holds what a person wrote or is called.
    pub fn is_personal(&self) -> bool {
        self.holds == Holds::Personal
    }

    /// Its type in Postgres.
    pub fn sql_type(&self) -> Type {
        match self.holds {
            Holds::Id => Type::UUID,
            Holds::Text | Holds::Personal => Type::TEXT,
            Holds::Position => Type::INT8,
            Holds::Small => Type::INT2,
            Holds::Integer => Type::INT4,
        }
    }

    /// The type of an array of its values.
    pub fn array_type(&self) -> Type {
        match self.holds {
            Holds::Id => Type::UUID_ARRAY,
            Holds::Text | Holds::Personal => Type::TEXT_ARRAY,
            Holds::Position => Type::INT8_ARRAY,
            Holds::Small => Type::INT2_ARRAY,
            Holds::Integer => Type::INT4_ARRAY,
        }
    }
}

/// Takes the values of a row, one a column, in the columns' order.
pub trait Values {
    /// An id.
    fn id(&mut self, value: Uuid) -> &mut Self;
    /// A text, or none.
    fn text(&mut self, value: Option<&str>) -> &mut Self;
    /// A position.
    fn position(&mut self, value: i64) -> &mut Self;
    /// A small number.
    fn small(&mut self, value: u16) -> &mut Self;
    /// A number, or none.
    fn integer(&mut self, value: Option<i32>) -> &mut Self;
}

/// A row as text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// What comes first in the order of lines; the same for all but posts.
    pub rank: i64,
    /// What tells it from the others of its projection.
    pub key: String,
    /// All else.
    pub value: String,
}

impl Line {
    /// A line whose place among the others follows from its key.
    pub fn new(key: impl ToString, value: String) -> Line {
        Line {
            rank: 0,
            key: key.to_string(),
            value,
        }
    }
}

/// Reads a small number, which Postgres keeps with a sign.
///
/// # Errors
/// Where it is negative.
pub(super) fn small(row: &Row, column: usize, what: &str) -> Result<u16, String> {
    let value: i16 = row.get(column);
    u16::try_from(value).map_err(|_| format!("{what} {value}"))
}
