//! RabbitMQ over AMQP 0-9-1.
//!
//! A connection has one channel for what we send, in confirm mode, and one for what we receive; so neither waits for the
//! other inside the client. All that comes is bounded: the broker sends no more than [`queue::PREFETCH`] messages that we
//! have not taken, and the carrier leaves no more than its window unconfirmed.

mod callbacks;
mod closed;
mod opening;
mod queue;
mod sending;
mod settled;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use amqprs::channel::Channel;
use amqprs::connection::Connection;
use amqprs::error::Error;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use crate::address::Address;
use crate::protocol::{ConnectError, INCOMING, Link, Protocol};
use callbacks::{OnChannel, OnConnection, Teller};
use sending::Publisher;
use settled::Settled;
use tenfold_core::protocol::Place;

/// What AMQP has room for in a name, in bytes; the client library panics beyond it.
const LONGEST_NAME: usize = 255;

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

    async fn link(&self, place: &Place, queue: Option<&str>) -> Result<Link, ConnectError> {
        let connection = opening::open(&self.address, place, queue.unwrap_or("probe")).await?;
        let server = connection.server_properties();
        let product = format!("{} {}", server.product(), server.version());
        let (sender, incoming) = mpsc::channel(INCOMING);
        let teller = Teller::new(sender);
        let channels = Channels::open(&connection, &teller, queue).await;
        let channels = channels.map_err(|error| teller.refusal(&error))?;
        Ok(Link {
            product,
            sending: Box::new(Publisher::new(connection, channels)),
            incoming,
        })
    }
}

impl Protocol for RabbitMq {
    fn connect<'a>(&'a self, place: &'a Place, queue: Option<&'a str>) -> BoxFuture<'a, Result<Link, ConnectError>> {
        Box::pin(self.link(place, queue))
    }
}

/// A connection's channels. They are closed when they are dropped.
struct Channels {
    publishing: Channel,
    /// How many messages were put on `publishing`: the broker counts as we do.
    sent: Arc<AtomicU64>,
    /// Held, for otherwise the consuming ends.
    _consuming: Option<Channel>,
}

impl Channels {
    async fn open(connection: &Connection, teller: &Teller, queue: Option<&str>) -> Result<Channels, Error> {
        connection.register_callback(OnConnection(teller.clone())).await?;
        let sent = Arc::new(AtomicU64::new(0));
        let publishing = connection.open_channel(None).await?;
        let settled = Settled::new(sent.clone());
        publishing.register_callback(OnChannel::new(teller, settled)).await?;
        sending::prepare(&publishing).await?;
        let consuming = match queue {
            Some(queue) => {
                let consuming = connection.open_channel(None).await?;
                consuming
                    .register_callback(OnChannel::new(teller, Settled::default()))
                    .await?;
                queue::consume(&consuming, queue, teller.incoming()).await?;
                Some(consuming)
            }
            None => None,
        };
        Ok(Channels {
            publishing,
            sent,
            _consuming: consuming,
        })
    }
}
