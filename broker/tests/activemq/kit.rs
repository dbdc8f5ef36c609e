//! What the tests of this program have in common.

use std::sync::Arc;

use tenfold_broker::protocol::{Incoming, Link};
use tenfold_testcases::broker::{Broker, BrokerKind, SharedBroker};
use tenfold_testcases::waiting::PATIENCE;
use tokio::time::timeout;

use crate::common;
pub use crate::common::{address, link, new_queue, refusal, try_link, with};

pub const KIND: BrokerKind = BrokerKind::ActiveMq;

/// See [`common::somewhere`].
pub async fn somewhere() -> Option<SharedBroker> {
    common::somewhere(KIND).await
}

/// See [`common::of_our_own`].
pub async fn of_our_own() -> Option<Arc<Broker>> {
    common::of_our_own(KIND).await
}

/// What comes next.
pub async fn next(link: &mut Link) -> Incoming {
    let next = timeout(PATIENCE, link.incoming.recv()).await;
    next.expect("something comes")
        .expect("a connection says that it is lost before it ends")
}

pub async fn publish(link: &mut Link, queue: &str, tag: u64, body: &str) {
    let published = link.sending.publish(queue, tag, body.into()).await;
    published.expect("the broker takes it");
}
