//! Messages, confirmations, and the ends of queues and connections.

use tenfold_broker::protocol::{ConnectError, INCOMING, Incoming, Link};
use tenfold_testcases::broker::Broker;
use tenfold_testcases::waiting::{PATIENCE, eventually};
use tokio::time::timeout;

use crate::kit::{address, link, new_queue, next, of_our_own, publish, somewhere, try_link, with};

/// How many messages are on their way at any time.
const WINDOW: u64 = 16;

#[tokio::test]
async fn activemq_brings_messages_whole_and_confirms_them() {
    let Some(broker) = somewhere().await else { return };
    let queue = new_queue();
    let mut link = link(&address(&broker.url), Some(&queue)).await;
    assert!(link.product.starts_with("ActiveMQ 5."), "{}", link.product);
    let bodies = [
        "hello",
        "",
        "a\0b",
        "\r\n\r\nMESSAGE\nx:y\n\n\0\n",
        "héllo \u{1f600} \\c \u{1b}[0m",
        &"0123456789abcdef".repeat(200 << 6),
    ];
    for (tag, body) in (1..).zip(bodies) {
        publish(&mut link, &queue, tag, body).await;
        let mut seen = [next(&mut link).await, next(&mut link).await];
        seen.sort_by_key(|what| matches!(what, Incoming::Message(_)));
        assert_eq!(seen, [Incoming::Confirmed(tag), Incoming::Message(body.into())]);
    }
}

#[tokio::test]
async fn activemq_keeps_for_a_slow_reader_what_comes_in_order() {
    let Some(broker) = somewhere().await else { return };
    let (address, queue) = (address(&broker.url), new_queue());
    let mut slow = link(&address, Some(&queue)).await;
    let mut link = link(&address, None).await;
    let count = 8 * INCOMING as u64;
    for tag in 1..=count {
        publish(&mut link, &queue, tag, &format!("{tag} {}", "x".repeat(2000))).await;
        if tag > WINDOW {
            assert_eq!(next(&mut link).await, Incoming::Confirmed(tag - WINDOW));
        }
    }
    for tag in 1..=count {
        let Incoming::Message(body) = next(&mut slow).await else {
            panic!("no message");
        };
        assert!(body.starts_with(format!("{tag} x").as_bytes()), "{tag}");
    }
}

#[tokio::test]
async fn activemq_keeps_what_comes_while_a_server_connects_again() {
    let Some(broker) = somewhere().await else { return };
    let (address, queue) = (address(&broker.url), new_queue());
    let Link { sending, .. } = link(&address, Some(&queue)).await;
    timeout(PATIENCE, sending.close())
        .await
        .expect("the broker closes the connection");
    let mut meanwhile = link(&address, None).await;
    publish(&mut meanwhile, &queue, 1, "meanwhile").await;
    assert_eq!(next(&mut meanwhile).await, Incoming::Confirmed(1));
    let mut again = link(&address, Some(&queue)).await;
    assert_eq!(next(&mut again).await, Incoming::Message(b"meanwhile".to_vec()));
}

#[tokio::test]
async fn activemq_says_goodbye() {
    let Some(broker) = somewhere().await else { return };
    let link = link(&address(&broker.url), Some(&new_queue())).await;
    let Link {
        sending, mut incoming, ..
    } = link;
    timeout(PATIENCE, sending.close())
        .await
        .expect("the broker closes the connection");
    assert!(matches!(incoming.recv().await, Some(Incoming::Lost(_))));
    assert_eq!(incoming.recv().await, None);
}

#[tokio::test]
async fn activemq_ends_a_queue_after_the_connection_that_used_it() {
    let Some(broker) = of_our_own().await else { return };
    let queue = new_queue();
    let link = link(&address(&broker.url()), Some(&queue)).await;
    let name = queue.clone();
    assert!(with(&broker, move |broker| broker.queues().contains(&name)).await);
    // Without DISCONNECT: all the broker sees is that the connection is closed.
    drop(link);
    let ends =
        move |broker: &Broker| eventually("the queue ends", || (!broker.queues().contains(&queue)).then_some(()));
    with(&broker, ends).await;
}

#[tokio::test]
async fn activemq_is_lost_when_it_is_killed_and_found_again() {
    let Some(broker) = of_our_own().await else { return };
    let (address, queue) = (address(&broker.url()), new_queue());
    let mut lost = link(&address, Some(&queue)).await;
    with(&broker, Broker::kill).await;
    assert!(matches!(next(&mut lost).await, Incoming::Lost(_)));
    assert!(lost.sending.publish(&queue, 1, "late".into()).await.is_err());
    let refused = try_link(&address, Some(&queue)).await.err();
    assert!(matches!(refused, Some(ConnectError::Unreachable(_))), "{refused:?}");
    with(&broker, Broker::run).await;
    let mut found = link(&address, Some(&queue)).await;
    publish(&mut found, &queue, 1, "again").await;
    let seen = [next(&mut found).await, next(&mut found).await];
    assert!(seen.contains(&Incoming::Message(b"again".to_vec())), "{seen:?}");
}

#[tokio::test]
async fn activemq_is_lost_when_it_stands_still() {
    let Some(broker) = of_our_own().await else { return };
    let mut link = link(&address(&broker.url()), Some(&new_queue())).await;
    broker.freeze();
    assert_eq!(next(&mut link).await, Incoming::Lost("it gives no sign of life".into()));
}
