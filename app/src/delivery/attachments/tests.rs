use tenfold_core::ids::AccountId;
use tenfold_service::FullError;
use uuid::Uuid;

use super::*;

const ONE: ConnectionId = ConnectionId(1);
const OTHER: ConnectionId = ConnectionId(2);

fn actor(number: u128) -> Actor {
    Actor {
        session: session(number),
        account: AccountId(Uuid::from_u128(number)),
        name: format!("user{number}"),
    }
}

fn session(number: u128) -> SessionId {
    SessionId(Uuid::from_u128(number))
}

fn push(position: i64) -> SessionUpdate {
    update(position, Update::Push(format!("push {position}")))
}

fn update(position: i64, update: Update) -> SessionUpdate {
    SessionUpdate {
        session: session(1),
        position: Position(position),
        update,
    }
}

/// What there is for session 1 when it was asked for after `asked` and the log is complete up to `high_water_mark`.
fn round(asked: i64, high_water_mark: i64, updates: impl IntoIterator<Item = SessionUpdate>) -> Round {
    Round {
        asked: HashMap::from([(session(1), Position(asked))]),
        high_water_mark: Position(high_water_mark),
        updates: updates.into_iter().collect(),
        unfinished: HashMap::new(),
    }
}

fn lines(outbound: &Outbound) -> Vec<String> {
    outbound.drain().lines().map(str::to_owned).collect()
}

fn cursor(attachments: &Attachments) -> Option<i64> {
    let cursors = attachments.cursors(&Arc::default());
    cursors.first().map(|(_, position)| position.0)
}

fn attached(from: i64) -> (Attachments, Outbound) {
    let (mut attachments, outbound) = (Attachments::default(), Outbound::new(1000));
    attachments.attach(ONE, actor(1), Position(from), outbound.clone());
    (attachments, outbound)
}

#[test]
fn what_is_new_is_pushed_in_order_and_only_once() {
    let (mut attachments, outbound) = attached(5);
    assert_eq!(cursor(&attachments), Some(5));
    attachments.apply(&round(5, 20, [push(6), push(9)]));
    attachments.apply(&round(5, 20, [push(6), push(9)]));
    assert_eq!(lines(&outbound), ["push 6", "push 9"]);
    assert_eq!(cursor(&attachments), Some(20));
}

#[test]
fn an_unfinished_session_goes_on_behind_what_was_read() {
    let (mut attachments, _) = attached(5);
    let unfinished = HashMap::from([(session(1), Position(6))]);
    attachments.apply(&Round {
        unfinished,
        ..round(5, 20, [push(6)])
    });
    assert_eq!(cursor(&attachments), Some(6));
}

#[test]
fn each_connection_gets_everything_from_its_own_place() {
    let (mut attachments, outbound) = attached(5);
    let other = Outbound::new(1000);
    attachments.attach(OTHER, actor(1), Position(7), other.clone());
    assert_eq!(cursor(&attachments), Some(5));
    attachments.apply(&round(5, 20, [push(6), push(9)]));
    assert_eq!(lines(&outbound), ["push 6", "push 9"]);
    assert_eq!(lines(&other), ["push 9"]);
}

#[test]
fn who_attaches_while_the_log_is_read_waits_for_the_next_round() {
    let (mut attachments, outbound) = attached(15);
    let other = Outbound::new(1000);
    attachments.attach(OTHER, actor(1), Position(3), other.clone());
    attachments.apply(&round(15, 20, [push(16)]));
    assert_eq!(lines(&outbound), ["push 16"]);
    assert_eq!(lines(&other), [""; 0]);
    assert_eq!(cursor(&attachments), Some(3));
    attachments.apply(&round(3, 20, [push(4), push(16)]));
    assert_eq!(lines(&outbound), [""; 0]);
    assert_eq!(lines(&other), ["push 4", "push 16"]);
}

#[test]
fn attaching_again_repeats_nothing_on_the_same_connection() {
    let (mut attachments, outbound) = attached(5);
    attachments.apply(&round(5, 20, [push(6)]));
    attachments.attach(ONE, actor(1), Position(2), outbound.clone());
    assert_eq!(cursor(&attachments), Some(6));
    attachments.detach(ONE);
    assert!(attachments.is_empty());
    attachments.attach(ONE, actor(1), Position(2), outbound);
    assert_eq!(cursor(&attachments), Some(2));
}

#[test]
fn a_client_that_does_not_read_is_left_out_and_holds_nobody_up() {
    let (mut attachments, outbound) = attached(5);
    let slow = Outbound::new(10);
    attachments.attach(OTHER, actor(1), Position(5), slow.clone());
    attachments.apply(&round(5, 20, [push(6), push(8), push(9)]));
    assert_eq!(lines(&outbound), ["push 6", "push 8", "push 9"]);
    assert_eq!(slow.push("x"), Err(FullError));
    assert_eq!(cursor(&attachments), Some(20), "the slow one is left out");
    assert_eq!(lines(&slow), ["push 6", "push 8"]);
    assert_eq!(cursor(&attachments), Some(8));
    attachments.apply(&round(8, 20, [push(9)]));
    assert_eq!(lines(&slow), ["push 9"]);
}

#[test]
fn a_sync_is_answered_when_everything_before_it_is_pushed() {
    let (mut attachments, outbound) = attached(5);
    let mut reached = attachments.sync(ONE, session(1), Position(9)).unwrap();
    let mut at_once = attachments.sync(ONE, session(1), Position(5)).unwrap();
    at_once.try_recv().unwrap();
    assert_eq!(attachments.awaited(), Position(9));
    attachments.apply(&round(5, 8, [push(6)]));
    assert!(reached.try_recv().is_err());
    attachments.apply(&round(8, 9, [push(9)]));
    reached.try_recv().unwrap();
    assert_eq!(lines(&outbound), ["push 6", "push 9"]);
    assert_eq!(attachments.awaited(), Position::START);
    assert!(attachments.sync(OTHER, session(1), Position(9)).is_none());
}

#[test]
fn a_sync_nobody_waits_for_any_more_is_forgotten() {
    let (mut attachments, _) = attached(5);
    drop(attachments.sync(ONE, session(1), Position(9)));
    assert_eq!(attachments.awaited(), Position::START);
}

#[test]
fn the_last_push_ends_the_attachment_and_what_waits_for_more() {
    let (mut attachments, outbound) = attached(5);
    let mut before = attachments.sync(ONE, session(1), Position(7)).unwrap();
    let mut beyond = attachments.sync(ONE, session(1), Position(9)).unwrap();
    let last = update(8, Update::Last("moved".into()));
    attachments.apply(&round(5, 20, [push(6), last, push(9)]));
    assert_eq!(lines(&outbound), ["push 6", "moved"]);
    assert!(attachments.is_empty());
    before.try_recv().unwrap();
    assert_eq!(beyond.try_recv(), Err(oneshot::error::TryRecvError::Closed));
}

#[test]
fn a_session_that_vanished_closes_its_connection() {
    let (mut attachments, outbound) = attached(5);
    attachments.apply(&round(5, 20, [update(8, Update::Vanished)]));
    assert!(attachments.is_empty() && outbound.is_closed());
}

#[test]
fn whoever_waits_for_everybody_waits_for_the_farthest_behind_and_not_for_those_who_go() {
    let (mut attachments, _outbound) = attached(0);
    attachments.attach(OTHER, actor(2), Position(0), Outbound::new(1000));
    let mut syncs = attachments.sync_all(Position(5));
    assert_eq!(syncs.len(), 2);
    attachments.apply(&round(0, 5, [push(3)]));
    let mut done = |index: usize| syncs[index].try_recv();
    let reached: Vec<bool> = [done(0), done(1)].iter().map(Result::is_ok).collect();
    assert_eq!(
        reached.iter().filter(|is_reached| **is_reached).count(),
        1,
        "session 2 was not asked for"
    );
    attachments.detach(OTHER);
    let index = usize::from(reached[0]);
    assert_eq!(syncs[index].try_recv(), Err(oneshot::error::TryRecvError::Closed));
    assert!(Attachments::default().sync_all(Position(5)).is_empty());
}
