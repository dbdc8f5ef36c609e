//! Changes written to the projections' tables: runs of the same kind are one statement.

use std::collections::HashSet;
use std::mem::discriminant;

use tenfold_core::facts::{Change, Key};
use tenfold_core::ids::AccountId;
use tokio_postgres::Statement;

use super::connection::Statements;
use super::pipeline::{Parameter, Pipeline};
use crate::for_projection;
use crate::projection::{Columns, Stored, Values};

/// Adds the statements that write `changes`, in their order. Rows that are written together with their events are not
/// among them.
pub(super) fn write<'a>(pipeline: &mut Pipeline<'a>, statements: &'a Statements, changes: &[Change]) {
    let mut rest = changes;
    while let Some(first) = rest.first() {
        let length = run_length(rest);
        let (run, behind) = rest.split_at(length);
        let (statement, parameters) = for_projection!(first.projection(), Row => write_run::<Row>(statements, run));
        if let Some(statement) = statement {
            pipeline.then(statement, parameters);
        }
        rest = behind;
    }
}

/// What a change is about: a row, or the rows of an account.
#[derive(PartialEq, Eq, Hash)]
enum About {
    Row(Key),
    AllOf(AccountId),
}

fn about(change: &Change) -> About {
    match change {
        Change::Put(row) => About::Row(row.key()),
        Change::Remove(key) => About::Row(*key),
        Change::RemoveAllOf(_, account) => About::AllOf(*account),
    }
}

/// How many of the first changes are of one kind and each about another row: one statement cannot write a row twice.
fn run_length(changes: &[Change]) -> usize {
    let mut seen = HashSet::new();
    let kind = |change: &Change| (discriminant(change), change.projection());
    changes
        .iter()
        .take_while(|change| kind(change) == kind(&changes[0]) && seen.insert(about(change)))
        .count()
}

/// The statement for a run of changes to the rows of one type, and its parameters.
fn write_run<'a, Row: Stored>(
    statements: &'a Statements,
    run: &[Change],
) -> (Option<&'a Statement>, Vec<Parameter<'a>>) {
    let statements = &statements.projections[Row::PROJECTION as usize];
    let mut values = Columns::default();
    for change in run {
        values.next_row();
        match change {
            Change::Put(row) => Row::of(row).into_iter().for_each(|row| row.write(&mut values)),
            Change::Remove(key) => Row::key_of(key).iter().for_each(|key| Row::write_key(key, &mut values)),
            Change::RemoveAllOf(_, account) => drop(values.id(account.0)),
        }
    }
    match run.first() {
        None => (None, Vec::new()),
        Some(Change::Put(_)) => (statements.put.as_ref(), values.into_parameters()),
        Some(Change::Remove(_)) => (Some(&statements.remove), values.into_parameters()),
        Some(Change::RemoveAllOf(..)) => (statements.remove_all_of.as_ref(), values.into_parameters()),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_run_ends_where_the_kind_changes_or_a_row_comes_again() {
        let session = |number| Change::Remove(Key::Session(AccountId(Uuid::from_u128(number))));
        let account = Change::Remove(Key::Account(AccountId(Uuid::nil())));
        let changes = [session(1), session(2), session(1), account];
        assert_eq!(run_length(&changes), 2);
        assert_eq!(run_length(&changes[2..]), 1);
    }
}
