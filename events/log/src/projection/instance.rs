//! The table of application servers.

use tenfold_core::facts::{Instance, InstanceState};
use tenfold_core::ids::{InstanceId, Position};
use tokio_postgres::Row;

use super::stored::{Column, Holds, Line, Stored, Taken, Values, small};

impl Stored for Instance {
    const TABLE: &'static str = "instance";
    const NOUN: &'static str = "instance";
    const COLUMNS: &'static [Column] = &[
        Column::new("id", Holds::Id),
        Column::new("state", Holds::Text),
        Column::new("seats", Holds::Small),
        Column::nullable("reference", Holds::Text),
        Column::nullable("host", Holds::Text),
        Column::nullable("port", Holds::Integer),
        Column::new("position", Holds::Position),
    ];
    const KEY: &'static [&'static str] = &["id"];
    const TAKEN: Taken = Taken::Replace;

    fn write(&self, values: &mut impl Values) {
        values
            .id(self.id.0)
            .text(Some(self.state.name()))
            .small(self.seats)
            .text(self.reference.as_deref())
            .text(self.host.as_deref())
            .integer(self.port.map(i32::from))
            .position(self.position.0);
    }

    fn write_key(key: &InstanceId, values: &mut impl Values) {
        values.id(key.0);
    }

    fn read(row: &Row, first: usize) -> Result<Instance, String> {
        let state: &str = row.get(first + 1);
        let port: Option<i32> = row.get(first + 5);
        let unsigned = |port| u16::try_from(port).map_err(|_| format!("port {port}"));
        Ok(Instance {
            id: InstanceId(row.get(first)),
            state: InstanceState::from_name(state).ok_or_else(|| format!("state {state:?}"))?,
            seats: small(row, first + 2, "seats")?,
            reference: row.get(first + 3),
            host: row.get(first + 4),
            port: port.map(unsigned).transpose()?,
            position: Position(row.get(first + 6)),
        })
    }

    fn line(&self) -> Line {
        let called = format!("called {:?}, at {:?} port {:?}", self.reference, self.host, self.port);
        let value = format!(
            "{}, {} seats, {called}, position {}",
            self.state.name(),
            self.seats,
            self.position
        );
        Line::new(self.id, value)
    }
}
