//! The table of friendships and open invites: one row for two people.

use tenfold_core::facts::{Pair, PairKey, PairState};
use tenfold_core::ids::{AccountId, Position};
use tokio_postgres::Row;

use super::stored::{Column, Holds, Line, Stored, Taken, Values};

impl Stored for Pair {
    const TABLE: &'static str = "pair";
    const NOUN: &'static str = "pair";
    const COLUMNS: &'static [Column] = &[
        Column::new("low", Holds::Id),
        Column::new("high", Holds::Id),
        Column::new("state", Holds::Text),
        Column::new("inviter", Holds::Id),
        Column::new("position", Holds::Position),
    ];
    const KEY: &'static [&'static str] = &["low", "high"];
    const OWNERS: &'static [&'static str] = &["low", "high"];
    const TAKEN: Taken = Taken::Replace;

    fn write(&self, values: &mut impl Values) {
        Self::write_key(&self.key, values);
        values
            .text(Some(self.state.name()))
            .id(self.inviter.0)
            .position(self.position.0);
    }

    fn write_key(key: &PairKey, values: &mut impl Values) {
        values.id(key.low.0).id(key.high.0);
    }

    fn read(row: &Row, first: usize) -> Result<Pair, String> {
        let state: &str = row.get(first + 2);
        Ok(Pair {
            key: PairKey {
                low: AccountId(row.get(first)),
                high: AccountId(row.get(first + 1)),
            },
            state: PairState::from_name(state).ok_or_else(|| format!("state {state:?}"))?,
            inviter: AccountId(row.get(first + 3)),
            position: Position(row.get(first + 4)),
        })
    }

    fn line(&self) -> Line {
        let state = self.state.name();
        Line::new(
            format!("{} and {}", self.key.low, self.key.high),
            format!("{state} since position {}, asked by {}", self.position, self.inviter),
        )
    }
}
