//! The table of who blocks whom.

use tenfold_core::facts::Block;
use tenfold_core::ids::{AccountId, Position};
use tokio_postgres::Row;

use super::stored::{Column, Holds, Line, Stored, Values};

impl Stored for Block {
    const TABLE: &'static str = "block";
    const NOUN: &'static str = "block";
    const COLUMNS: &'static [Column] = &[
        Column::new("blocker", Holds::Id),
        Column::new("blocked", Holds::Id),
        Column::new("position", Holds::Position),
    ];
    const KEY: &'static [&'static str] = &["blocker", "blocked"];
    const OWNERS: &'static [&'static str] = &["blocker", "blocked"];

    fn write(&self, values: &mut impl Values) {
        Self::write_key(&self.key(), values);
        values.position(self.position.0);
    }

    fn write_key((blocker, blocked): &(AccountId, AccountId), values: &mut impl Values) {
        values.id(blocker.0).id(blocked.0);
    }

    fn read(row: &Row, first: usize) -> Result<Block, String> {
        Ok(Block {
            blocker: AccountId(row.get(first)),
            blocked: AccountId(row.get(first + 1)),
            position: Position(row.get(first + 2)),
        })
    }

    fn line(&self) -> Line {
        Line::new(
            format!("of account {} against {}", self.blocker, self.blocked),
            format!("since position {}", self.position),
        )
    }
}
