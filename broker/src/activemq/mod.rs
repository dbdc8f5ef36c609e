//! ActiveMQ over STOMP 1.2, with a codec of our own: what we need of STOMP is eight frames.
//!
//! The crate async-stomp (0.7) was weighed first. It cannot be built without aws-lc, a large C library (the clients of both
//! brokers, TLS included, took 105 s to compile on two cores with it, 56 s without); it trusts the web's authorities alone, so
//! that a private one cannot be used; it flushes every frame by itself; and it is copyleft in a project that is not.
//!
//! **A queue a server**, and no topic. A topic would leave no messages behind, but loses what is sent while its server
//! connects again, and an administrator sees nothing of what waits for whom. What is left behind on a queue ends in three
//! ways. A message says when it expires, and is not persistent: such ones die without a dead letter. A queue that is empty
//! and that nobody consumes from ends where the broker's policy says `gcInactiveDestinations`, which STOMP has no word for:
//! the README tells operators. And without that policy what stays is a queue's name.
//!
//! **The broker's clock** decides what has expired, at once and without a word, confirmed all the same. So a connection
//! begins by sending its own queue a message: what comes back tells that clock, and shows that this user may send and
//! receive.

mod codec;
mod frame;
mod handshake;
mod link;
mod refusal;
mod socket;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use crate::address::Address;
use crate::protocol::{ConnectError, INCOMING, Link, Protocol};
use handshake::Handshake;
use tenfold_core::protocol::Endpoint;

/// Speaks to a broker.
#[derive(Clone, Debug)]
pub struct ActiveMq {
    address: Address,
}

impl ActiveMq {
    /// The broker at `address`.
    pub fn new(address: Address) -> ActiveMq {
        ActiveMq { address }
    }

    async fn link(&self, endpoint: &Endpoint, queue: Option<&str>) -> Result<Link, ConnectError> {
        let socket = socket::connect(endpoint, self.address.tls).await?;
        let (sender, incoming) = mpsc::channel(INCOMING);
        let mut handshake = Handshake::begin(socket, &self.address, endpoint).await?;
        if let Some(queue) = queue {
            handshake.listen(queue, &sender).await?;
        }
        Ok(link::begin(handshake, sender, incoming))
    }
}

impl Protocol for ActiveMq {
    fn connect<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        queue: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Link, ConnectError>> {
        Box::pin(self.link(endpoint, queue))
    }
}
