//! The table of accounts.

use tenfold_core::facts::Account;
use tenfold_core::ids::{AccountId, Position};
use tenfold_core::name;
use tokio_postgres::Row;

use super::stored::{Column, Holds, Line, Stored, Values};

impl Stored for Account {
    const TABLE: &'static str = "account";
    const NOUN: &'static str = "account";
    const COLUMNS: &'static [Column] = &[
        Column::new("id", Holds::Id),
        Column::new("name", Holds::Personal),
        Column::new("position", Holds::Position),
        Column::nullable("look", Holds::Personal),
    ];
    const KEY: &'static [&'static str] = &["id"];

    fn write(&self, values: &mut impl Values) {
        let look = name::skeleton(&self.name);
        values
            .id(self.id.0)
            .text(Some(&self.name))
            .position(self.position.0)
            .text(Some(&look));
    }

    fn write_key(key: &AccountId, values: &mut impl Values) {
        values.id(key.0);
    }

    fn read(row: &Row, first: usize) -> Result<Account, String> {
        Ok(Account {
            id: AccountId(row.get(first)),
            name: row.get(first + 1),
            position: Position(row.get(first + 2)),
        })
    }

    fn line(&self) -> Line {
        Line::new(self.id, format!("named {:?} at position {}", self.name, self.position))
    }
}
