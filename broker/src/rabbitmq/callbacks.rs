//! What the broker says of itself, on its way to the connection task. The client library calls these in its own tasks: one that
//! waits for room in [`Incoming`]'s channel holds up what comes behind it on the same channel, and nothing that we send.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use amqprs::callbacks::{ChannelCallback, ConnectionCallback};
use amqprs::channel::Channel;
use amqprs::connection::Connection;
use amqprs::error::Error;
use amqprs::{Ack, BasicProperties, Cancel, Close, CloseChannel, Nack, Return};
use async_trait::async_trait;
use tokio::sync::mpsc::Sender;

use super::closed::Closed;
use crate::protocol::{ConnectError, Incoming};

/// Reports to the connection task. Only the client library's tasks hold one for long: when they end, so does what comes.
#[derive(Clone)]
pub struct Reporter {
    incoming: Sender<Incoming>,
    closed: Arc<OnceLock<Closed>>,
}

impl Reporter {
    /// Reports by `incoming`.
    pub fn new(incoming: Sender<Incoming>) -> Reporter {
        Reporter {
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

    async fn report(&self, incoming: Incoming) {
        // Whoever does not listen any more has given the connection up.
        let _ = self.incoming.send(incoming).await;
    }

    async fn lost(&self, closed: Closed) {
        let _ = self.closed.set(closed);
        self.report(Incoming::Lost(closed.words())).await;
    }
}

/// What is said of the connection. An alarm for memory is not among it: the broker says that only to those who ask for
/// it, and the client library does not. The broker then reads no more, and confirmations become overdue.
pub struct OnConnection(pub Reporter);

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
    reporter: Reporter,
    confirmations: Confirmations,
}

impl OnChannel {
    /// Reports by `reporter`, and knows by `confirmations` what is still open.
    pub fn new(reporter: &Reporter, confirmations: Confirmations) -> OnChannel {
        OnChannel {
            reporter: reporter.clone(),
            confirmations,
        }
    }
}

#[async_trait]
impl ChannelCallback for OnChannel {
    async fn close(&mut self, _: &Channel, close: CloseChannel) -> Result<(), Error> {
        self.reporter.lost(Closed::from(&close)).await;
        Ok(())
    }

    async fn cancel(&mut self, _: &Channel, _: Cancel) -> Result<(), Error> {
        let words = "our queue was taken away: by an operator, or by a server with the same identity";
        self.reporter.report(Incoming::Lost(words.into())).await;
        Ok(())
    }

    async fn flow(&mut self, _: &Channel, active: bool) -> Result<bool, Error> {
        Ok(active)
    }

    async fn publish_ack(&mut self, _: &Channel, ack: Ack) {
        let tag = ack.delivery_tag();
        if ack.mutiple() {
            self.confirmations.all_up_to(tag);
            self.reporter.report(Incoming::ConfirmedUpTo(tag)).await;
        } else {
            self.confirmations.one(tag);
            self.reporter.report(Incoming::Confirmed(tag)).await;
        }
    }

    async fn publish_nack(&mut self, _: &Channel, nack: Nack) {
        let tag = nack.delivery_tag();
        let refused = if nack.multiple() {
            self.confirmations.all_up_to(tag)
        } else {
            self.confirmations.one(tag);
            vec![tag]
        };
        for tag in refused {
            self.reporter.report(Incoming::Refused(tag)).await;
        }
    }

    async fn publish_return(&mut self, _: &Channel, returned: Return, _: BasicProperties, _: Vec<u8>) {
        let queue = returned.routing_key().clone();
        self.reporter.report(Incoming::NoSuchQueue(queue)).await;
    }
}

/// Which of the messages that we sent the broker has answered for. It may answer for one, or for all up to one; what it
/// refuses up to one must be reported one by one. Holds no more than are unconfirmed at a time.
#[derive(Debug, Default)]
pub struct Confirmations {
    /// The last tag there is.
    sent: Arc<AtomicU64>,
    /// All are answered for up to this one.
    up_to: u64,
    /// These are, too.
    beyond: BTreeSet<u64>,
}

impl Confirmations {
    /// Nothing is answered for; `sent` is the last tag that there is, at any time.
    pub fn new(sent: Arc<AtomicU64>) -> Confirmations {
        Confirmations {
            sent,
            ..Confirmations::default()
        }
    }

    /// The broker has answered for that one.
    pub fn one(&mut self, tag: u64) {
        if self.open(tag).contains(&tag) {
            self.beyond.insert(tag);
        }
        while self.beyond.remove(&(self.up_to + 1)) {
            self.up_to += 1;
        }
    }

    /// The broker has answered for all up to that one: those for which it had not before.
    pub fn all_up_to(&mut self, tag: u64) -> Vec<u64> {
        let open = self.open(tag);
        let fresh = open.clone().filter(|tag| !self.beyond.contains(tag)).collect();
        self.up_to = self.up_to.max(*open.end());
        self.beyond = self.beyond.split_off(&(self.up_to + 1));
        self.one(self.up_to);
        fresh
    }

    /// Those up to `tag` that may not be answered for. Tags that were never given count for nothing.
    fn open(&self, tag: u64) -> RangeInclusive<u64> {
        self.up_to + 1..=tag.min(self.sent.load(Ordering::Acquire))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(sent: u64) -> Confirmations {
        Confirmations::new(Arc::new(AtomicU64::new(sent)))
    }

    #[test]
    fn rabbitmq_refuses_all_that_it_has_not_answered_for() {
        let mut confirmations = after(9);
        confirmations.one(1);
        confirmations.one(4);
        confirmations.one(4);
        assert_eq!(confirmations.all_up_to(5), [2, 3, 5]);
        assert!(confirmations.all_up_to(5).is_empty());
        confirmations.one(7);
        assert_eq!(confirmations.all_up_to(6), [6]);
        assert_eq!((confirmations.up_to, confirmations.beyond.len()), (7, 0));
        confirmations.one(9);
        confirmations.one(8);
        assert_eq!((confirmations.up_to, confirmations.beyond.len()), (9, 0));
    }

    #[test]
    fn rabbitmq_answering_for_what_was_not_sent_changes_nothing() {
        let mut confirmations = after(2);
        confirmations.one(u64::MAX);
        confirmations.one(0);
        assert_eq!(confirmations.all_up_to(u64::MAX), [1, 2]);
        assert!(confirmations.all_up_to(u64::MAX).is_empty());
        assert_eq!((confirmations.up_to, confirmations.beyond.len()), (2, 0));
    }
}
