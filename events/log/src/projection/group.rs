//! The table of groups.

use tenfold_core::facts::Group;
use tenfold_core::ids::{GroupId, Position};
use tenfold_core::name;
use tokio_postgres::Row;

use super::stored::{Column, Holds, Line, Stored, Values};

impl Stored for Group {
    const TABLE: &'static str = "groups";
    const NOUN: &'static str = "group";
    const COLUMNS: &'static [Column] = &[
        Column::new("id", Holds::Id),
        // A group outlives whoever made it, and everybody sees its name.
        Column::new("name", Holds::Text),
        Column::new("position", Holds::Position),
        Column::nullable("look", Holds::Text),
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

    fn write_key(key: &GroupId, values: &mut impl Values) {
        values.id(key.0);
    }

    fn read(row: &Row, first: usize) -> Result<Group, String> {
        Ok(Group {
            id: GroupId(row.get(first)),
            name: row.get(first + 1),
            position: Position(row.get(first + 2)),
        })
    }

    fn line(&self) -> Line {
        Line::new(self.id, format!("named {:?} at position {}", self.name, self.position))
    }
}
