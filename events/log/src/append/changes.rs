//! Changes written to the projections' tables: runs of the same kind are one statement.

use std::collections::HashSet;
use std::mem::discriminant;

use tenfold_core::facts::change::Change;
use tenfold_core::facts::{Account, Group, Instance, Membership, Pair, PairState, Seat, Session};
use uuid::Uuid;

use super::connection::Statements;
use super::pipeline::{Pipeline, parameter};

/// Adds the statements that write `changes`, in their order. Posts are not among them: they are written together
/// with their events.
pub(super) fn write<'a>(pipeline: &mut Pipeline<'a>, statements: &'a Statements, changes: &'a [Change]) {
    let mut rest = changes;
    while let Some(first) = rest.first() {
        let length = run_length(rest);
        let (run, behind) = rest.split_at(length);
        write_run(pipeline, statements, first, run);
        rest = behind;
    }
}

/// How many of the first changes are of one kind and each about another row: one statement cannot write a row twice.
fn run_length(changes: &[Change]) -> usize {
    let mut seen = HashSet::new();
    changes
        .iter()
        .take_while(|change| discriminant(*change) == discriminant(&changes[0]) && seen.insert(key(change)))
        .count()
}

fn key(change: &Change) -> (Uuid, Uuid) {
    let none = Uuid::nil();
    match change {
        Change::PutAccount(account) => (account.id.0, none),
        Change::RemoveAccount(account)
        | Change::RemoveSession(account)
        | Change::RemovePairsOf(account)
        | Change::RemovePostsOf(account)
        | Change::RemoveMembershipsOf(account) => (account.0, none),
        Change::PutSession(session) => (session.account.0, none),
        Change::PutSeat(seat) => (seat.session.0, none),
        Change::RemoveSeat(session) => (session.0, none),
        Change::PutPair(pair) => (pair.key.low.0, pair.key.high.0),
        Change::PutPost(post) => (Uuid::from_u128(post.position.0 as u128), none),
        Change::PutGroup(group) => (group.id.0, none),
        Change::PutMembership(membership) => (membership.group.0, membership.account.0),
        Change::PutInstance(instance) => (instance.id.0, none),
    }
}

/// One column of a run's rows.
fn column<'a, Row: 'a, Value>(
    run: &'a [Change],
    row: impl Fn(&'a Change) -> Option<&'a Row>,
    value: impl Fn(&'a Row) -> Value,
) -> Vec<Value> {
    run.iter().filter_map(row).map(value).collect()
}

macro_rules! columns {
    ($run:ident, $variant:ident: $type:ty, [$($value:expr),* $(,)?]) => {
        vec![$(parameter(column($run, |change| match change {
            Change::$variant(row) => Some(row),
            _ => None,
        }, {
            let value: fn(&$type) -> _ = $value;
            value
        }))),*]
    };
}

fn write_run<'a>(pipeline: &mut Pipeline<'a>, statements: &'a Statements, first: &Change, run: &'a [Change]) {
    let keys = || vec![parameter(run.iter().map(|change| key(change).0).collect::<Vec<Uuid>>())];
    match first {
        Change::PutPost(_) => {}
        Change::RemoveAccount(_) => pipeline.then(&statements.remove_account, keys()),
        Change::RemoveSession(_) => pipeline.then(&statements.remove_session, keys()),
        Change::RemoveSeat(_) => pipeline.then(&statements.remove_seat, keys()),
        Change::RemovePairsOf(_) => pipeline.then(&statements.remove_pairs_of, keys()),
        Change::RemovePostsOf(_) => pipeline.then(&statements.remove_posts_of, keys()),
        Change::RemoveMembershipsOf(_) => pipeline.then(&statements.remove_memberships_of, keys()),
        Change::PutAccount(_) => pipeline.then(
            &statements.put_account,
            columns!(run, PutAccount: Account, [|row| row.id.0, |row| row.name.clone(), |row| row.position.0]),
        ),
        Change::PutSession(_) => pipeline.then(
            &statements.put_session,
            columns!(run, PutSession: Session, [|row| row.id.0, |row| row.account.0, |row| row.position.0]),
        ),
        Change::PutSeat(_) => pipeline.then(
            &statements.put_seat,
            columns!(run, PutSeat: Seat, [
                |row| row.session.0,
                |row| row.account.0,
                |row| row.instance.0,
                |row| row.number as i16,
                |row| row.seats as i16,
            ]),
        ),
        Change::PutPair(_) => pipeline.then(
            &statements.put_pair,
            columns!(run, PutPair: Pair, [
                |row| row.key.low.0,
                |row| row.key.high.0,
                |row| pair_state(row.state),
                |row| row.inviter.0,
                |row| row.position.0,
            ]),
        ),
        Change::PutGroup(_) => pipeline.then(
            &statements.put_group,
            columns!(run, PutGroup: Group, [|row| row.id.0, |row| row.name.clone(), |row| row.position.0]),
        ),
        Change::PutMembership(_) => pipeline.then(
            &statements.put_membership,
            columns!(run, PutMembership: Membership, [|row| row.group.0, |row| row.account.0, |row| row.position.0]),
        ),
        Change::PutInstance(_) => pipeline.then(
            &statements.put_instance,
            columns!(run, PutInstance: Instance, [
                |row| row.id.0,
                |row| row.state.name(),
                |row| row.seats as i16,
                |row| row.reference.clone(),
                |row| row.host.clone(),
                |row| row.port.map(i32::from),
                |row| row.position.0,
            ]),
        ),
    }
}

fn pair_state(state: PairState) -> &'static str {
    match state {
        PairState::Invited => "invited",
        PairState::Friends => "friends",
    }
}

#[cfg(test)]
mod tests {
    use tenfold_core::ids::AccountId;

    use super::*;

    #[test]
    fn a_run_ends_where_the_kind_changes_or_a_row_comes_again() {
        let remove = |number| Change::RemoveSession(AccountId(Uuid::from_u128(number)));
        let changes = [
            remove(1),
            remove(2),
            remove(1),
            Change::RemoveAccount(AccountId(Uuid::nil())),
        ];
        assert_eq!(run_length(&changes), 2);
        assert_eq!(run_length(&changes[2..]), 1);
    }
}
