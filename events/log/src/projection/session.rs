//! The table of sessions.

use tenfold_core::facts::Session;
use tenfold_core::ids::{AccountId, Position, SessionId};
use tokio_postgres::Row;

use super::stored::{Column, Holds, Line, Stored, Values};

impl Stored for Session {
    const TABLE: &'static str = "session";
    const NOUN: &'static str = "session";
    const COLUMNS: &'static [Column] = &[
        Column::new("id", Holds::Id),
        Column::new("account_id", Holds::Id),
        Column::new("position", Holds::Position),
    ];
    const KEY: &'static [&'static str] = &["account_id"];

    fn write(&self, values: &mut impl Values) {
        values.id(self.id.0).id(self.account.0).position(self.position.0);
    }

    fn write_key(key: &AccountId, values: &mut impl Values) {
        values.id(key.0);
    }

    fn read(row: &Row, first: usize) -> Result<Session, String> {
        Ok(Session {
            id: SessionId(row.get(first)),
            account: AccountId(row.get(first + 1)),
            position: Position(row.get(first + 2)),
        })
    }

    fn line(&self) -> Line {
        Line::new(
            self.id,
            format!("of account {} since position {}", self.account, self.position),
        )
    }
}
