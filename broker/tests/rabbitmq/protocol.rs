//! Messages, confirmations, and the ends of queues and connections.

use std::ops::RangeInclusive;

use tenfold_broker::protocol::{Incoming, Link};
use tenfold_testcases::waiting::PATIENCE;
use tokio::time::timeout;

use crate::kit::{address, is_gone, last_word, link, new_queue, next, of_our_own, reaches, somewhere, try_link};
use crate::relay::Relay;

/// More long messages than may wait anywhere, and how many are sent at a time.
const MANY: u64 = 960;
const ROUND: usize = 160;

/// What comes until the broker has answered for all `tags`: messages, and which it refuses.
async fn until_confirmed(link: &mut Link, tags: RangeInclusive<u64>) -> (Vec<Vec<u8>>, Vec<u64>) {
    let (mut messages, mut refused, mut open) = (Vec::new(), Vec::new(), tags.collect::<Vec<_>>());
    while !open.is_empty() {
        match next(link).await.expect("the connection lasts") {
            Incoming::Message(body) => messages.push(body),
            Incoming::Confirmed(tag) => open.retain(|other| *other != tag),
            Incoming::ConfirmedUpTo(tag) => open.retain(|other| *other > tag),
            Incoming::Refused(tag) => {
                refused.push(tag);
                open.retain(|other| *other != tag);
            }
            other => panic!("{other:?}"),
        }
    }
    (messages, refused)
}

#[tokio::test]
async fn rabbitmq_brings_and_confirms_in_order() {
    let Some(broker) = somewhere().await else { return };
    let (address, queue) = (address(&broker.url), new_queue());
    let mut link = link(&address, Some(&queue)).await;
    assert!(link.product.starts_with("RabbitMQ "), "{}", link.product);
    let bodies: Vec<String> = (1..=200).map(|number| format!("{number} ≤ \"200\"\u{1}")).collect();
    for (tag, body) in (1..).zip(&bodies) {
        link.sending.publish(&queue, tag, body.clone()).await.unwrap();
    }
    let (mut messages, refused) = until_confirmed(&mut link, 1..=200).await;
    while messages.len() < bodies.len() {
        let Some(Incoming::Message(body)) = next(&mut link).await else {
            panic!()
        };
        messages.push(body);
    }
    assert_eq!(messages, bodies.iter().map(|body| body.as_bytes()).collect::<Vec<_>>());
    assert!(refused.is_empty(), "{refused:?}");
    link.sending.close().await;
}

#[tokio::test]
async fn rabbitmq_gives_back_what_is_for_nobody_and_confirms_it() {
    let Some(broker) = somewhere().await else { return };
    let (address, queue) = (address(&broker.url), new_queue());
    let mut link = link(&address, None).await;
    link.sending.publish(&queue, 1, "hello".into()).await.unwrap();
    assert_eq!(next(&mut link).await, Some(Incoming::NoSuchQueue(queue)));
    assert_eq!(until_confirmed(&mut link, 1..=1).await, (vec![], vec![]));
}

#[tokio::test]
async fn rabbitmq_brings_long_ones_whole_and_empty_ones_too() {
    let Some(broker) = somewhere().await else { return };
    let (address, queue) = (address(&broker.url), new_queue());
    let mut ours = link(&address, Some(&queue)).await;
    for body in ["x".repeat(200 << 10), String::new()] {
        assert!(reaches(&address, &queue, &body).await);
        let came = next(&mut ours).await;
        assert!(came == Some(Incoming::Message(body.into_bytes())), "not as it was sent");
    }
}

#[tokio::test]
async fn rabbitmq_queue_and_connection_end_with_their_link() {
    let Some(broker) = somewhere().await else { return };
    let (address, queue) = (address(&broker.url), new_queue());
    let relay = Relay::before(&address).await;
    for say_goodbye in [true, false] {
        let mut ours = link(&relay.address(&address), Some(&queue)).await;
        ours.sending.publish(&queue, 1, "hello".into()).await.unwrap();
        until_confirmed(&mut ours, 1..=1).await;
        assert!(relay.open() > 0);
        if say_goodbye {
            ours.sending.close().await;
        } else {
            drop(ours);
        }
        is_gone(&address, &queue).await;
        let closed = async {
            while relay.open() > 0 {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, closed).await.expect("the connection is closed");
    }
}

#[tokio::test]
async fn rabbitmq_takes_a_queue_over_from_a_connection_that_nobody_knows_to_be_dead() {
    let Some(broker) = somewhere().await else { return };
    let (address, queue) = (address(&broker.url), new_queue());
    let relay = Relay::before(&address).await;
    let mut dead = link(&relay.address(&address), Some(&queue)).await;
    relay.be_silent();
    let mut ours = link(&address, Some(&queue)).await;
    for number in 1..=10 {
        let body = format!("{number}");
        assert!(reaches(&address, &queue, &body).await);
        assert_eq!(next(&mut ours).await, Some(Incoming::Message(body.into_bytes())));
    }
    // Nothing is said on it any more, and that is noticed.
    assert_eq!(last_word(&mut dead).await, None);
}

#[tokio::test]
async fn rabbitmq_tells_whose_queue_was_taken_away() {
    let Some(broker) = somewhere().await else { return };
    let (address, queue) = (address(&broker.url), new_queue());
    let mut first = link(&address, Some(&queue)).await;
    let mut second = link(&address, Some(&queue)).await;
    let Some(Incoming::Lost(why)) = next(&mut first).await else {
        panic!()
    };
    assert!(why.contains("taken away"), "{why}");
    drop(first);
    assert!(reaches(&address, &queue, "hello").await);
    assert_eq!(next(&mut second).await, Some(Incoming::Message(b"hello".to_vec())));
}

#[tokio::test]
async fn rabbitmq_holds_back_what_nobody_takes_and_refuses_too_much() {
    let Some(broker) = somewhere().await else { return };
    let (address, queue) = (address(&broker.url), new_queue());
    let mut lazy = link(&address, Some(&queue)).await;
    let mut busy = link(&address, None).await;
    let mut refused = Vec::new();
    let body = "x".repeat(64 << 10);
    for first in (1..MANY).step_by(ROUND) {
        let tags = first..=first + ROUND as u64 - 1;
        for tag in tags.clone() {
            busy.sending.publish(&queue, tag, body.clone()).await.unwrap();
        }
        refused.extend(until_confirmed(&mut busy, tags).await.1);
    }
    assert!(!refused.is_empty(), "60 MiB went where 16 MiB may wait");
    // What was taken on comes nonetheless, once somebody looks.
    assert_eq!(next(&mut lazy).await, Some(Incoming::Message(body.into_bytes())));
}

#[tokio::test]
async fn rabbitmq_killed_ends_its_links_and_makes_others_when_it_is_back() {
    let Some(broker) = of_our_own().await else { return };
    let (address, queue) = (address(&broker.url()), new_queue());
    let mut ours = link(&address, Some(&queue)).await;
    broker.kill();
    last_word(&mut ours).await;
    assert!(try_link(&address, Some(&queue)).await.is_err());
    let same = broker.clone();
    tokio::task::spawn_blocking(move || same.run()).await.unwrap();
    let mut ours = link(&address, Some(&queue)).await;
    assert!(reaches(&address, &queue, "hello").await);
    assert_eq!(next(&mut ours).await, Some(Incoming::Message(b"hello".to_vec())));
}
