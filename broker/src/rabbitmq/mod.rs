//! RabbitMQ over AMQP 0-9-1.
//!
//! A connection has one channel for what we send, in confirm mode, and one for what we receive; so neither waits for the
//! other inside the client. All that comes is bounded: the broker sends no more than [`channels::PREFETCH`] messages that we
//! have not taken, and the connection task leaves no more than its window unconfirmed.

mod callbacks;
mod channels;
mod closed;
mod opening;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use crate::address::Address;
use crate::protocol::{ConnectError, INCOMING, Link, Protocol};
use callbacks::Reporter;
use channels::{Channels, Publisher};
use tenfold_core::protocol::Endpoint;

/// Speaks to a broker.
#[derive(Clone, Debug)]
pub struct RabbitMq {
    address: Address,
}

impl RabbitMq {
    /// The broker at `address`.
    pub fn new(address: Address) -> RabbitMq {
        RabbitMq { address }
    }

    async fn link(&self, endpoint: &Endpoint, queue: Option<&str>) -> Result<Link, ConnectError> {
        let connection = opening::open(&self.address, endpoint, queue.unwrap_or("probe")).await?;
        let server = connection.server_properties();
        let product = format!("{} {}", server.product(), server.version());
        let (sender, incoming) = mpsc::channel(INCOMING);
        let reporter = Reporter::new(sender);
        let channels = Channels::open(&connection, &reporter, queue).await;
        let channels = channels.map_err(|error| reporter.refusal(&error))?;
        Ok(Link {
            product,
            sending: Box::new(Publisher::new(connection, channels)),
            incoming,
        })
    }
}

impl Protocol for RabbitMq {
    fn connect<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        queue: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Link, ConnectError>> {
        Box::pin(self.link(endpoint, queue))
    }
}
