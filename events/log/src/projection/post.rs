//! The table of posts.

use tenfold_core::facts::Post;
use tenfold_core::ids::{AccountId, Position};
use tokio_postgres::Row;

use super::stored::{Column, Holds, Line, Stored, Taken, Values};

impl Stored for Post {
    const TABLE: &'static str = "post";
    const NOUN: &'static str = "post";
    const COLUMNS: &'static [Column] = &[
        Column::new("position", Holds::Position),
        Column::new("author", Holds::Id),
        Column::new("text", Holds::Personal),
    ];
    const KEY: &'static [&'static str] = &["position"];
    const OWNERS: &'static [&'static str] = &["author"];
    const TAKEN: Taken = Taken::WithEvent;

    fn write(&self, values: &mut impl Values) {
        values
            .position(self.position.0)
            .id(self.author.0)
            .text(Some(&self.text));
    }

    fn write_key(key: &Position, values: &mut impl Values) {
        values.position(key.0);
    }

    fn read(row: &Row, first: usize) -> Result<Post, String> {
        Ok(Post {
            position: Position(row.get(first)),
            author: AccountId(row.get(first + 1)),
            text: row.get(first + 2),
        })
    }

    fn line(&self) -> Line {
        Line {
            // They are most of all there is, and in order already.
            rank: self.position.0,
            key: format!("at position {}", self.position),
            value: format!("by account {}: {:?}", self.author, self.text),
        }
    }
}
