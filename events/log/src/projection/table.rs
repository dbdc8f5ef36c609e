//! A projection's table, without the type of its rows: what statements are made of.

use tenfold_core::facts::Projection;

use super::stored::{Column, Holds, Stored, Taken};
use crate::for_projection;

/// A projection's table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
    key: &'static [&'static str],
    owners: &'static [&'static str],
    taken: Taken,
}

impl Table {
    /// The table of a projection.
    pub fn of(projection: Projection) -> Table {
        for_projection!(projection, Row => Table::of_rows::<Row>())
    }

    /// The table of a row type.
    pub fn of_rows<Row: Stored>() -> Table {
        Table {
            name: Row::TABLE,
            columns: Row::COLUMNS,
            key: Row::KEY,
            owners: Row::OWNERS,
            taken: Row::TAKEN,
        }
    }

    /// All tables, in the order in which several of them are locked.
    pub fn all() -> impl Iterator<Item = Table> {
        Projection::ALL.into_iter().map(Table::of)
    }

    /// The names of all tables, separated by commas.
    pub fn all_names() -> String {
        Table::all().map(|table| table.name).collect::<Vec<_>>().join(", ")
    }

    /// The names of its columns, separated by commas.
    pub fn column_names(&self) -> String {
        names(self.columns.iter().map(|column| column.name))
    }

    /// Its key's columns.
    pub fn key_columns(&self) -> impl Iterator<Item = &'static Column> + use<> {
        let (columns, key) = (self.columns, self.key);
        key.iter()
            .filter_map(move |name| columns.iter().find(|column| column.name == *name))
    }

    /// Puts rows, given as one array a column; none where they are written with their events.
    pub fn put(&self) -> Option<String> {
        let conflict = match self.taken {
            Taken::WithEvent => return None,
            Taken::Conflict => String::new(),
            Taken::Replace => {
                let others = self.columns.iter().filter(|column| !self.key.contains(&column.name));
                let sets = names_with(others.map(|column| format!("{0} = excluded.{0}", column.name)));
                format!(" on conflict ({}) do update set {sets}", self.key.join(", "))
            }
        };
        let values = names_with(self.columns.iter().map(|column| match column.holds {
            Holds::Position => format!("real_position({})", column.name),
            _ => column.name.to_owned(),
        }));
        Some(format!(
            "insert into {} ({columns}) select {values} from unnest({}) as new({columns}){conflict}",
            self.name,
            parameters(self.columns.len()),
            columns = self.column_names(),
        ))
    }

    /// Removes rows by their keys, given as one array a column of the key, from the table in that schema.
    pub fn remove(&self, schema: Option<&str>) -> String {
        let table = self.in_schema(schema);
        let [column] = self.key else {
            let matches = self.key.iter().map(|column| format!("t.{column} = gone.{column}"));
            return format!(
                "delete from {table} as t using unnest({}) as gone({}) where {}",
                self.typed_key_parameters(),
                self.key.join(", "),
                matches.collect::<Vec<_>>().join(" and ")
            );
        };
        format!("delete from {table} where {column} = any($1)")
    }

    /// Removes the rows that go with any of some accounts, given as an array; none where rows go with no account.
    pub fn remove_all_of(&self, schema: Option<&str>) -> Option<String> {
        let table = self.in_schema(schema);
        match self.owners {
            [] => None,
            [owner] => Some(format!("delete from {table} where {owner} = any($1)")),
            // A search along an index for each; with `or` between them there would be none.
            owners => {
                let key = self.key.join(", ");
                let each = owners
                    .iter()
                    .map(|owner| format!("select {key} from {table} where {owner} = any($1)"));
                let found = each.collect::<Vec<_>>().join(" union ");
                Some(format!("delete from {table} where ({key}) in ({found})"))
            }
        }
    }

    /// Puts placeholders for what is personal in the rows of some accounts, both given as arrays; none where nothing is.
    pub fn erase_all_of(&self) -> Option<String> {
        let owner = self.owners.first().or(self.key.first())?;
        let personal = self.columns.iter().filter(|column| column.holds == Holds::Personal);
        let set: Vec<String> = personal
            .clone()
            .map(|column| format!("{} = gone.placeholder", column.name))
            .collect();
        let column = personal.clone().next()?.name;
        Some(format!(
            "update {} as t set {} from unnest($1::uuid[], $2::text[]) as gone(account, placeholder) \
             where t.{owner} = gone.account and t.{column} <> gone.placeholder",
            self.name,
            set.join(", ")
        ))
    }

    /// The names of the tables in which something personal stands in plain text.
    pub fn names_with_personal() -> impl Iterator<Item = &'static str> {
        let personal = Table::all().filter(|table| table.erase_all_of().is_some());
        personal.map(|table| table.name)
    }

    fn in_schema(&self, schema: Option<&str>) -> String {
        schema.map_or_else(|| self.name.to_owned(), |schema| format!("{schema}.{}", self.name))
    }

    fn typed_key_parameters(&self) -> String {
        let numbered = (1..).zip(self.key_columns());
        names_with(numbered.map(|(number, column)| format!("${number}::{}[]", column.sql_type())))
    }
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn names_with(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn parameters(count: usize) -> String {
    names_with((1..=count).map(|number| format!("${number}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_made_of_what_a_projection_says() {
        let pair = Table::of(Projection::Pair);
        assert_eq!(
            pair.put().as_deref(),
            Some(
                "insert into pair (low, high, state, inviter, position) select low, high, state, inviter, \
                 real_position(position) from unnest($1, $2, $3, $4, $5) as new(low, high, state, inviter, position) \
                 on conflict (low, high) do update set state = excluded.state, inviter = excluded.inviter, \
                 position = excluded.position"
            )
        );
        assert_eq!(
            pair.remove(None),
            "delete from pair as t using unnest($1::uuid[], $2::uuid[]) as gone(low, high) \
             where t.low = gone.low and t.high = gone.high"
        );
        assert_eq!(
            pair.remove_all_of(Some("s")).as_deref(),
            Some(
                "delete from s.pair where (low, high) in (select low, high from s.pair where low = any($1) \
                 union select low, high from s.pair where high = any($1))"
            )
        );
        let account = Table::of(Projection::Account);
        assert_eq!(account.remove(None), "delete from account where id = any($1)");
        assert_eq!(account.remove_all_of(None), None);
        assert_eq!(Table::of(Projection::Post).put(), None);
    }

    #[test]
    fn keys_and_owners_are_columns() {
        for table in Table::all() {
            assert_eq!(table.key_columns().count(), table.key.len(), "{}", table.name);
            let is_column = |name| table.columns.iter().any(|column| column.name == name);
            assert!(table.owners.iter().all(|owner| is_column(*owner)), "{}", table.name);
            // One owner, by whom what is personal is found.
            assert!(table.owners.len() <= 2, "{}", table.name);
            assert!(
                table.erase_all_of().is_none() || table.owners.len() <= 1,
                "{}",
                table.name
            );
        }
    }
}
