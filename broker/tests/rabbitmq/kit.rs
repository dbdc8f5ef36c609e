//! What the tests of this program have in common.

use std::sync::Arc;

use tenfold_broker::address::Address;
use tenfold_broker::protocol::{Incoming, Link};
use tenfold_testcases::broker::{Broker, BrokerKind, SharedBroker};
use tenfold_testcases::waiting::PATIENCE;
use tokio::time::timeout;

use crate::common;
pub use crate::common::{address, link, new_queue, refusal, try_link};

pub const KIND: BrokerKind = BrokerKind::RabbitMq;

/// See [`common::somewhere`].
pub async fn somewhere() -> Option<SharedBroker> {
    common::somewhere(KIND).await
}

/// See [`common::of_our_own`].
pub async fn of_our_own() -> Option<Arc<Broker>> {
    common::of_our_own(KIND).await
}

/// What comes next; none where the connection is over.
pub async fn next(link: &mut Link) -> Option<Incoming> {
    let next = timeout(PATIENCE, link.incoming.recv()).await;
    next.expect("something comes")
}

/// Waits until the connection is over, and answers what was said of that last.
pub async fn last_word(link: &mut Link) -> Option<String> {
    let mut word = None;
    while let Some(incoming) = next(link).await {
        if let Incoming::Lost(why) = incoming {
            word = Some(why);
        }
    }
    word
}

/// Puts `body` on `queue` by a connection that has not sent anything yet; whether there was one to put it on.
pub async fn reaches(address: &Address, queue: &str, body: &str) -> bool {
    let mut link = link(address, None).await;
    let sent = link.sending.publish(queue, 1, body.to_owned()).await;
    sent.expect("the broker takes it");
    let is_there = next(&mut link).await != Some(Incoming::NoSuchQueue(queue.to_owned()));
    link.sending.close().await;
    is_there
}

/// Waits until nobody has `queue` any more.
pub async fn is_gone(address: &Address, queue: &str) {
    let gone = async { while reaches(address, queue, "still there?").await {} };
    timeout(PATIENCE, gone).await.expect("the queue ends by itself");
}
