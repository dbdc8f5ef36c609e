//! The table of who is in which group.

use tenfold_core::facts::Membership;
use tenfold_core::ids::{AccountId, GroupId, Position};
use tokio_postgres::Row;

use super::stored::{Column, Holds, Line, Stored, Values};

impl Stored for Membership {
    const TABLE: &'static str = "membership";
    const NOUN: &'static str = "membership";
    const COLUMNS: &'static [Column] = &[
        Column::new("group_id", Holds::Id),
        Column::new("account_id", Holds::Id),
        Column::new("position", Holds::Position),
    ];
    const KEY: &'static [&'static str] = &["group_id", "account_id"];
    const OWNERS: &'static [&'static str] = &["account_id"];

    fn write(&self, values: &mut impl Values) {
        Self::write_key(&self.key(), values);
        values.position(self.position.0);
    }

    fn write_key((group, account): &(GroupId, AccountId), values: &mut impl Values) {
        values.id(group.0).id(account.0);
    }

    fn read(row: &Row, first: usize) -> Result<Membership, String> {
        Ok(Membership {
            group: GroupId(row.get(first)),
            account: AccountId(row.get(first + 1)),
            position: Position(row.get(first + 2)),
        })
    }

    fn line(&self) -> Line {
        Line::new(
            format!("of account {} in group {}", self.account, self.group),
            format!("since position {}", self.position),
        )
    }
}
