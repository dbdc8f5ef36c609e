//! Bisecting finds exactly the event that was planted, and the first turn of a condition that turns to and fro.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod common;

use common::OwnDatabase;
use rand::rngs::StdRng;
use rand::seq::IteratorRandom;
use rand::{RngExt, SeedableRng};
use tenfold_core::event::{Event, Recorded};
use tenfold_core::facts::{Facts, PairState};
use tenfold_core::ids::{AccountId, Position, SessionId};
use tenfold_inspect::bisect::{Question, bisect};
use tenfold_inspect::condition::{Watch, parse};
use tenfold_log::database::Client;
use tenfold_log::span::Span;
use tenfold_replay::fold::Counter;
use tenfold_synthetic::{Shape, Synthetic, store};
use uuid::Uuid;

const LONG: usize = 100_000;

async fn stored(log: &[Recorded]) -> (OwnDatabase, Client) {
    let own = OwnDatabase::new().await;
    let client = own.database.connect("test").await.unwrap();
    store(&client, log.iter().cloned()).await.unwrap();
    (own, client)
}

fn question(text: &str, to_hold: bool) -> Question {
    Question {
        condition: parse(text).unwrap(),
        to_hold,
        last: false,
    }
}

fn fold(log: &[Recorded]) -> Facts {
    let mut facts = Facts::default();
    for recorded in log {
        facts
            .fold(recorded.position, recorded.version, &recorded.event)
            .unwrap();
    }
    facts
}

/// A log of 100,000 events with one more somewhere in it, which nobody decided; and where that is.
fn with_planted(seed: u64, planted: impl Fn(&Facts, &mut StdRng) -> Event) -> (Vec<Recorded>, Position, Facts) {
    let shape = Shape {
        gaps: true,
        ..Shape::everyday(seed)
    };
    let mut log: Vec<Recorded> = Synthetic::new(shape).take(LONG).collect();
    let mut random = StdRng::seed_from_u64(seed);
    let index = random.random_range(LONG / 5..LONG - 100);
    let facts = fold(&log[..index]);
    let event = planted(&facts, &mut random);
    let position = log[index].position;
    for later in &mut log[index..] {
        later.position.0 += 1;
    }
    let recorded = Recorded {
        position,
        version: 10_000_000,
        id: tenfold_core::ids::EventId(Uuid::now_v7()),
        event,
        ..log[index].clone()
    };
    let command = tenfold_core::ids::CommandId(Uuid::now_v7());
    log.insert(index, Recorded { command, ..recorded });
    (log, position, facts)
}

async fn assert_found(seed: u64, text: &str, to_hold: bool, planted: impl Fn(&Facts, &mut StdRng) -> Event) {
    let (log, position, _) = with_planted(seed, planted);
    let (_own, client) = stored(&log).await;
    let answer = bisect(&client, Span::ALL, question(text, to_hold), &Counter::default()).await;
    let turn = answer.unwrap().turn.expect("what was planted is found");
    assert_eq!(turn.position, position, "{text}: {:?}", turn.event);
}

fn nobody() -> AccountId {
    AccountId(Uuid::from_u128(77))
}

#[tokio::test]
async fn a_post_of_nobody_is_found_among_a_hundred_thousand_events() {
    assert_found(1, "invariant", false, |_, _| Event::Posted {
        author: nobody(),
        text: "boo".into(),
    })
    .await;
}

#[tokio::test]
async fn a_session_of_nobody_is_found_among_a_hundred_thousand_events() {
    assert_found(2, "invariant", false, |_, _| Event::SessionStarted {
        session: SessionId(Uuid::from_u128(78)),
        account: nobody(),
        waited_ms: None,
    })
    .await;
}

#[tokio::test]
async fn a_second_account_of_one_name_is_found_among_a_hundred_thousand_events() {
    assert_found(3, "invariant", false, |facts, random| Event::AccountRegistered {
        account: nobody(),
        name: facts
            .accounts()
            .map(|account| &account.name)
            .choose(random)
            .unwrap()
            .clone(),
    })
    .await;
}

#[tokio::test]
async fn a_seat_that_is_none_and_a_seat_taken_twice_are_found_among_a_hundred_thousand_events() {
    for (seed, beyond) in [(4, true), (5, false)] {
        let taken = |facts: &Facts, random: &mut StdRng| {
            let seat = *facts.seats().choose(random).unwrap();
            let other = facts.sessions().filter(|session| session.id != seat.session);
            let other = *other.choose(random).unwrap();
            Event::SeatTaken {
                session: other.id,
                account: other.account,
                instance: seat.instance,
                number: if beyond { seat.seats } else { seat.number },
                seats: seat.seats,
            }
        };
        assert_found(seed, "seats-over-limit", true, taken).await;
    }
}

#[tokio::test]
async fn a_friendship_that_nobody_accepted_is_found_among_a_hundred_thousand_events() {
    // Two who never meet in the whole log.
    let shape = Shape {
        gaps: true,
        ..Shape::everyday(6)
    };
    let log: Vec<Recorded> = Synthetic::new(shape).take(LONG).collect();
    let facts = fold(&log);
    let mut old: Vec<_> = facts.accounts().cloned().collect();
    old.sort_by_key(|account| account.position);
    let stranger = |one: &AccountId| {
        let met = |other: &&tenfold_core::facts::Account| facts.pair(*one, other.id).is_none() && other.id != *one;
        old.iter().take(20).find(met).cloned()
    };
    let one = old[0].clone();
    let other = stranger(&one.id).unwrap();
    let text = format!("friends({}, {})", one.name, other.name);
    let (by, from) = (one.id, other.id);
    assert_found(6, &text, true, move |_, _| Event::InviteAccepted { by, from }).await;
}

#[tokio::test]
async fn a_post_that_somebody_is_shown_is_found_among_a_hundred_thousand_events() {
    let planted = |facts: &Facts, _: &mut StdRng| {
        let mut pairs: Vec<_> = facts.pairs().filter(|pair| pair.state == PairState::Friends).collect();
        pairs.sort_by_key(|pair| pair.key);
        Event::Posted {
            author: pairs[0].key.high,
            text: "a needle in it".into(),
        }
    };
    let (log, position, facts) = with_planted(7, planted);
    let mut pairs: Vec<_> = facts.pairs().filter(|pair| pair.state == PairState::Friends).collect();
    pairs.sort_by_key(|pair| pair.key);
    let reader = facts.account(pairs[0].key.low).unwrap().name.clone();
    let (_own, client) = stored(&log).await;
    for text in [
        format!("sees({reader}, \"needle\")"),
        format!("sees({reader}, {position})"),
    ] {
        let answer = bisect(&client, Span::ALL, question(&text, true), &Counter::default()).await;
        assert_eq!(answer.unwrap().turn.unwrap().position, position, "{text}");
    }
}

#[tokio::test]
async fn the_first_and_the_last_turn_are_those_of_looking_at_every_position_anew() {
    let log: Vec<Recorded> = Synthetic::new(Shape::dense(31)).take(1500).collect();
    let (_own, client) = stored(&log).await;
    let mut random = StdRng::seed_from_u64(31);
    for text in [
        "online(person-1)",
        "online(person-2) and not online(person-3)",
        "friends(person-1, person-4) or exists(person-9)",
        "not (member(person-1, group-12) or online(person-5))",
        "sees(person-2, \"coffee\")",
    ] {
        let condition = parse(text).unwrap();
        let mut facts = Facts::default();
        let mut truth = vec![(Position::START, Watch::begin(&condition, &facts).holds())];
        for recorded in &log {
            facts
                .fold(recorded.position, recorded.version, &recorded.event)
                .unwrap();
            truth.push((recorded.position, Watch::begin(&condition, &facts).holds()));
        }
        for _ in 0..6 {
            let end = log.last().unwrap().position.0;
            let after = Position(random.random_range(0..end));
            let until = Position(random.random_range(after.0..=end));
            let (to_hold, last) = (random.random_bool(0.5), random.random_bool(0.5));
            let mut turns = truth.windows(2).filter(|two| {
                let is_turn = two[0].1 != two[1].1 && two[1].1 == to_hold;
                is_turn && two[1].0 > after && two[1].0 <= until
            });
            let expected = if last { turns.next_back() } else { turns.next() };
            let question = Question {
                condition: condition.clone(),
                to_hold,
                last,
            };
            let answer = bisect(&client, Span { after, until }, question, &Counter::default())
                .await
                .unwrap();
            assert_eq!(
                answer.turn.map(|turn| turn.position),
                expected.map(|two| two[1].0),
                "{text} in {after}..{until}, to hold: {to_hold}, last: {last}"
            );
        }
    }
}
