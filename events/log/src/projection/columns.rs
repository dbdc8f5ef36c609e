//! Rows as statements take them: an array a column.

use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::stored::Values;

/// Rows as the arrays of their columns.
#[derive(Default)]
pub struct Columns {
    columns: Vec<Array>,
    /// Which column the next value belongs to.
    next: usize,
}

enum Array {
    Ids(Vec<Uuid>),
    Texts(Vec<Option<String>>),
    Positions(Vec<i64>),
    Smalls(Vec<i16>),
    Integers(Vec<Option<i32>>),
}

impl Columns {
    /// The next values are those of another row.
    pub fn next_row(&mut self) {
        self.next = 0;
    }

    /// The array of the next column, which the first row makes.
    fn array(&mut self, empty: Array) -> &mut Array {
        if self.next == self.columns.len() {
            self.columns.push(empty);
        }
        self.next += 1;
        &mut self.columns[self.next - 1]
    }

    /// One array a column, as a statement takes them.
    pub fn into_parameters(self) -> Vec<Box<dyn ToSql + Sync + Send>> {
        let parameter = |array| -> Box<dyn ToSql + Sync + Send> {
            match array {
                Array::Ids(values) => Box::new(values),
                Array::Texts(values) => Box::new(values),
                Array::Positions(values) => Box::new(values),
                Array::Smalls(values) => Box::new(values),
                Array::Integers(values) => Box::new(values),
            }
        };
        self.columns.into_iter().map(parameter).collect()
    }
}

macro_rules! push {
    ($columns:ident, $array:ident, $value:expr) => {{
        if let Array::$array(values) = $columns.array(Array::$array(Vec::new())) {
            values.push($value);
        }
        $columns
    }};
}

impl Values for Columns {
    fn id(&mut self, value: Uuid) -> &mut Self {
        push!(self, Ids, value)
    }

    fn text(&mut self, value: Option<&str>) -> &mut Self {
        push!(self, Texts, value.map(str::to_owned))
    }

    fn position(&mut self, value: i64) -> &mut Self {
        push!(self, Positions, value)
    }

    fn small(&mut self, value: u16) -> &mut Self {
        push!(self, Smalls, value as i16)
    }

    fn integer(&mut self, value: Option<i32>) -> &mut Self {
        push!(self, Integers, value)
    }
}
