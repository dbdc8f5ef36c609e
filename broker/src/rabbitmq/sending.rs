//! The way out: to other servers' queues, with the broker's confirmation.

use std::sync::atomic::Ordering;

use amqprs::channel::{BasicPublishArguments, Channel, ConfirmSelectArguments};
use amqprs::connection::Connection;
use amqprs::error::Error;
use amqprs::{BasicProperties, DELIVERY_MODE_TRANSIENT};
use futures_util::future::BoxFuture;

use super::{Channels, LONGEST_NAME};
use crate::protocol::{Lost, Sending};

/// The exchange that puts a message on the queue of that name.
const STRAIGHT: &str = "";

/// What is sent here comes to nobody.
const NOBODY: &str = "tenfold.nobody";

/// Sees that we may write, for the broker says so only when we do, and asks for confirmations.
pub async fn prepare(channel: &Channel) -> Result<(), Error> {
    let nobody = BasicPublishArguments::new(STRAIGHT, NOBODY);
    channel.basic_publish(properties(), Vec::new(), nobody).await?;
    // From here on the broker counts.
    channel.confirm_select(ConfirmSelectArguments::default()).await
}

fn properties() -> BasicProperties {
    let mut properties = BasicProperties::default();
    properties.with_content_type("text/plain");
    properties.with_delivery_mode(DELIVERY_MODE_TRANSIENT);
    properties
}

/// Publishes. Dropping it ends the connection, and with it the client library's tasks: at the broker's next sign of life,
/// or when there was none for too long. A task that is writing to a broker that reads nothing stays until it does.
pub struct Publisher {
    // First, so that the connection is closed rather than each channel.
    connection: Connection,
    channels: Channels,
}

impl Publisher {
    pub(super) fn new(connection: Connection, channels: Channels) -> Publisher {
        Publisher { connection, channels }
    }

    async fn put(&mut self, queue: &str, tag: u64, body: String) -> Result<(), Lost> {
        if queue.len() > LONGEST_NAME {
            return Err(Lost("a queue's name is too long for it".into()));
        }
        // Counted before it is sent, for the answer may be quick.
        let before = self.channels.sent.fetch_add(1, Ordering::AcqRel);
        debug_assert_eq!(tag, before + 1, "the broker and the carrier count alike");
        let mut arguments = BasicPublishArguments::new(STRAIGHT, queue);
        arguments.mandatory(true);
        let publishing = &self.channels.publishing;
        let sent = publishing
            .basic_publish(properties(), body.into_bytes(), arguments)
            .await;
        sent.map_err(|_| Lost("the connection was closed".into()))
    }
}

impl Sending for Publisher {
    fn publish<'a>(&'a mut self, queue: &'a str, tag: u64, body: String) -> BoxFuture<'a, Result<(), Lost>> {
        Box::pin(self.put(queue, tag, body))
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            // The channels end with it. Where it fails, the connection is gone already.
            let _ = self.connection.close().await;
        })
    }
}
