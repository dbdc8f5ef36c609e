//! What the broker says of itself, on its way to the carrier. The client library calls these in its own tasks: one that
//! waits for room in [`Incoming`]'s channel holds up what comes behind it on the same channel, and nothing that we send.

use std::sync::{Arc, OnceLock};

use amqprs::callbacks::{ChannelCallback, ConnectionCallback};
use amqprs::channel::Channel;
use amqprs::connection::Connection;
use amqprs::error::Error;
use amqprs::{Ack, BasicProperties, Cancel, Close, CloseChannel, Nack, Return};
use async_trait::async_trait;
use tokio::sync::mpsc::Sender;

use super::closed::Closed;
use super::settled::Settled;
use crate::protocol::{ConnectError, Incoming};

/// Tells the carrier. Only the client library's tasks hold one for long: when they end, so does what comes.
#[derive(Clone)]
pub struct Teller {
    incoming: Sender<Incoming>,
    closed: Arc<OnceLock<Closed>>,
}

impl Teller {
    /// Tells by `incoming`.
    pub fn new(incoming: Sender<Incoming>) -> Teller {
        Teller {
            incoming,
            closed: Arc::default(),
        }
    }

    /// For messages.
    pub fn incoming(&self) -> Sender<Incoming> {
        self.incoming.clone()
    }

    /// Why a connection that came about cannot be used: what the broker said last, for the client library does not
    /// know it.
    pub fn refusal(&self, error: &Error) -> ConnectError {
        match self.closed.get() {
            Some(closed) => closed.refusal(""),
            None => ConnectError::Unexpected(error.to_string()),
        }
    }

    async fn tell(&self, incoming: Incoming) {
        // Whoever does not listen any more has given the connection up.
        let _ = self.incoming.send(incoming).await;
    }

    async fn lost(&self, closed: Closed) {
        let _ = self.closed.set(closed);
        self.tell(Incoming::Lost(closed.words())).await;
    }
}

/// What is said of the connection. An alarm for memory is not among it: the broker says that only to those who ask for
/// it, and the client library does not. The broker then reads no more, and the carrier doubts it.
pub struct OnConnection(pub Teller);

#[async_trait]
impl ConnectionCallback for OnConnection {
    async fn close(&mut self, _: &Connection, close: Close) -> Result<(), Error> {
        self.0.lost(Closed::from(&close)).await;
        Ok(())
    }

    async fn blocked(&mut self, _: &Connection, _: String) {}

    async fn unblocked(&mut self, _: &Connection) {}

    async fn secret_updated(&mut self, _: &Connection) {}
}

/// What is said of a channel, and of the messages that were put on it.
pub struct OnChannel {
    teller: Teller,
    settled: Settled,
}

impl OnChannel {
    /// Tells by `teller`, and knows by `settled` what is still open.
    pub fn new(teller: &Teller, settled: Settled) -> OnChannel {
        OnChannel {
            teller: teller.clone(),
            settled,
        }
    }
}

#[async_trait]
impl ChannelCallback for OnChannel {
    async fn close(&mut self, _: &Channel, close: CloseChannel) -> Result<(), Error> {
        self.teller.lost(Closed::from(&close)).await;
        Ok(())
    }

    async fn cancel(&mut self, _: &Channel, _: Cancel) -> Result<(), Error> {
        let words = "our queue was taken away: by an operator, or by a server with the same identity";
        self.teller.tell(Incoming::Lost(words.into())).await;
        Ok(())
    }

    async fn flow(&mut self, _: &Channel, active: bool) -> Result<bool, Error> {
        Ok(active)
    }

    async fn publish_ack(&mut self, _: &Channel, ack: Ack) {
        let tag = ack.delivery_tag();
        if ack.mutiple() {
            self.settled.all_up_to(tag);
            self.teller.tell(Incoming::ConfirmedUpTo(tag)).await;
        } else {
            self.settled.one(tag);
            self.teller.tell(Incoming::Confirmed(tag)).await;
        }
    }

    async fn publish_nack(&mut self, _: &Channel, nack: Nack) {
        let tag = nack.delivery_tag();
        let refused = if nack.multiple() {
            self.settled.all_up_to(tag)
        } else {
            self.settled.one(tag);
            vec![tag]
        };
        for tag in refused {
            self.teller.tell(Incoming::Refused(tag)).await;
        }
    }

    async fn publish_return(&mut self, _: &Channel, returned: Return, _: BasicProperties, _: Vec<u8>) {
        let queue = returned.routing_key().clone();
        self.teller.tell(Incoming::NoSuchQueue(queue)).await;
    }
}
