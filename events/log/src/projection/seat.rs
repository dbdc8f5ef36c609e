//! The table of taken seats.

use tenfold_core::facts::Seat;
use tenfold_core::ids::{AccountId, InstanceId, SessionId};
use tokio_postgres::Row;

use super::stored::{Column, Holds, Line, Stored, Values, small};

impl Stored for Seat {
    const TABLE: &'static str = "seat";
    const NOUN: &'static str = "seat";
    const COLUMNS: &'static [Column] = &[
        Column::new("session_id", Holds::Id),
        Column::new("account_id", Holds::Id),
        Column::new("instance_id", Holds::Id),
        Column::new("number", Holds::Small),
        Column::new("seats", Holds::Small),
    ];
    const KEY: &'static [&'static str] = &["session_id"];

    fn write(&self, values: &mut impl Values) {
        values
            .id(self.session.0)
            .id(self.account.0)
            .id(self.instance.0)
            .small(self.number)
            .small(self.seats);
    }

    fn write_key(key: &SessionId, values: &mut impl Values) {
        values.id(key.0);
    }

    fn read(row: &Row, first: usize) -> Result<Seat, String> {
        Ok(Seat {
            session: SessionId(row.get(first)),
            account: AccountId(row.get(first + 1)),
            instance: InstanceId(row.get(first + 2)),
            number: small(row, first + 3, "number")?,
            seats: small(row, first + 4, "seats")?,
        })
    }

    fn line(&self) -> Line {
        let taken = format!("number {} of {} on instance {}", self.number, self.seats, self.instance);
        Line::new(
            format!("of session {}", self.session),
            format!("{taken}, account {}", self.account),
        )
    }
}
