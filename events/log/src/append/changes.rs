//! Changes written to the projections' tables (runs of the same kind are one statement), and the rows of the operational
//! tables that come with them.

use std::collections::HashSet;
use std::mem::discriminant;

use tenfold_core::event::Event;
use tenfold_core::facts::{Change, Key};
use tenfold_core::ids::AccountId;
use tokio_postgres::Statement;
use uuid::Uuid;

use super::batch::Decided;
use super::connection::Statements;
use super::pipeline::{Parameter, Pipeline, parameter};
use super::submission::OperationalRow;
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

/// Writes the rows of the operational tables that come with the batch's events.
pub(super) fn write_operational<'a>(pipeline: &mut Pipeline<'a>, statements: &'a Statements, decided: &'a Decided) {
    let events = || decided.entries.iter().map(|entry| &entry.event);
    let mut seen: Vec<Uuid> = events()
        .filter_map(|event| match event {
            Event::SessionStarted { session, .. }
            | Event::SessionResumed { session, .. }
            | Event::SeatTaken { session, .. } => Some(session.0),
            _ => None,
        })
        .collect();
    seen.sort_unstable();
    seen.dedup();
    let ended: Vec<Uuid> = events()
        .filter_map(|event| {
            if let Event::SessionEnded { session, .. } = event {
                Some(session.0)
            } else {
                None
            }
        })
        .collect();
    let deleted: Vec<Uuid> = events()
        .filter_map(|event| {
            if let Event::AccountDeleted { account } = event {
                Some(account.0)
            } else {
                None
            }
        })
        .collect();
    for row in &decided.rows {
        put_row(pipeline, statements, row);
    }
    for (statement, ids) in [
        (&statements.put_presence, seen),
        (&statements.forget_sessions, ended),
        (&statements.forget_passwords, deleted.clone()),
        (&statements.destroy_keys, deleted),
    ] {
        if !ids.is_empty() {
            pipeline.then(statement, vec![parameter(ids)]);
        }
    }
    for (command, digest, code) in &decided.refused {
        let code = serde_json::to_value(code).map(|code| code.as_str().unwrap_or_default().to_owned());
        let code = code.expect("a refusal's code is a word");
        pipeline.then(
            &statements.remember_refusal,
            vec![parameter(command.0), parameter(*digest), parameter(code)],
        );
    }
}

fn put_row<'a>(pipeline: &mut Pipeline<'a>, statements: &'a Statements, row: &'a OperationalRow) {
    match row {
        OperationalRow::Password { account, hash } => {
            pipeline.then(
                &statements.put_password,
                vec![parameter(account.0), parameter(hash.as_str())],
            );
        }
        OperationalRow::Secret {
            session,
            account,
            token_hash,
        } => pipeline.then(
            &statements.put_secret,
            vec![
                parameter(session.0),
                parameter(account.0),
                parameter(token_hash.as_slice()),
            ],
        ),
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
