//! What the tests of both brokers have in common: each has its own [`BrokerKind`].

#![allow(dead_code)] // not each program of tests needs everything

use std::sync::Arc;

use async_trait::async_trait;
use tenfold_broker::address::Address;
use tenfold_broker::conformance::{RecordingHandler, Server, World, join, put_on_its_queue, suite};
use tenfold_broker::connection::protocol;
use tenfold_broker::protocol::{ConnectError, Link};
use tenfold_core::envelope::FleetKey;
use tenfold_core::ids::InstanceId;
use tenfold_testcases::broker::{Broker, BrokerKind, SharedBroker, is_installed, shared};
use tenfold_testcases::waiting::PATIENCE;
use tokio::time::timeout;
use uuid::Uuid;

/// The broker that all tests of this process may use; none where this machine has none.
pub async fn somewhere(kind: BrokerKind) -> Option<SharedBroker> {
    let broker = tokio::task::spawn_blocking(move || shared(kind)).await;
    let broker = broker.expect("a broker starts");
    if broker.is_none() {
        say_that_it_is_skipped(kind);
    }
    broker
}

/// A broker that a test may kill; none where this machine has none.
pub async fn of_our_own(kind: BrokerKind) -> Option<Arc<Broker>> {
    if !is_installed(kind) {
        say_that_it_is_skipped(kind);
        return None;
    }
    let broker = tokio::task::spawn_blocking(move || Broker::start(kind)).await;
    Some(Arc::new(broker.expect("a broker starts")))
}

fn say_that_it_is_skipped(kind: BrokerKind) {
    eprintln!("skipped: there is no {} on this machine", kind.name());
}

/// Has the broker do what takes its time, without holding up the servers.
pub async fn with<T: Send + 'static>(broker: &Arc<Broker>, act: impl FnOnce(&Broker) -> T + Send + 'static) -> T {
    let broker = broker.clone();
    let done = tokio::task::spawn_blocking(move || act(&broker)).await;
    done.expect("the broker obeys")
}

pub fn address(url: &str) -> Address {
    url.parse().expect("a broker's URL")
}

/// A queue that nobody else uses.
pub fn new_queue() -> String {
    format!("tenfold.test-{}", Uuid::new_v4().simple())
}

pub async fn try_link(address: &Address, queue: Option<&str>) -> Result<Link, ConnectError> {
    let protocol = protocol(address);
    let linked = timeout(PATIENCE, protocol.connect(&address.endpoints[0], queue)).await;
    linked.expect("connecting ends")
}

pub async fn link(address: &Address, queue: Option<&str>) -> Link {
    try_link(address, queue).await.expect("the broker is there")
}

/// Why nobody lets us in.
pub async fn refusal(address: &Address) -> ConnectError {
    match try_link(address, Some(&new_queue())).await {
        Ok(link) => panic!("{} lets us in", link.product),
        Err(error) => error,
    }
}

/// A broker of the test's own, and the fleet whose servers it serves.
struct OverABroker {
    broker: Arc<Broker>,
    address: Address,
    key: FleetKey,
}

#[async_trait]
impl World for OverABroker {
    async fn server(&self, handler: Arc<RecordingHandler>) -> Server {
        join(&self.address, &self.key, handler)
    }

    async fn kill(&self) {
        with(&self.broker, Broker::kill).await;
    }

    async fn come_back(&self) {
        with(&self.broker, Broker::run).await;
    }

    async fn freeze(&self) {
        with(&self.broker, Broker::freeze).await;
    }

    async fn thaw(&self) {
        with(&self.broker, Broker::thaw).await;
    }

    async fn put_by_hand(&self, to: InstanceId, body: String) -> bool {
        put_on_its_queue(&self.address, to, body).await;
        true
    }
}

/// Conforms as every transport must.
pub async fn conforms(kind: BrokerKind) {
    let Some(broker) = of_our_own(kind).await else { return };
    let address = address(&broker.url());
    let key = FleetKey::new([1; 32]);
    suite(&OverABroker { broker, address, key }).await;
}
