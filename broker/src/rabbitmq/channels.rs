//! A connection's channels: one for what we send, in confirm mode, and one for what we receive.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use amqprs::channel::{
    BasicAckArguments, BasicConsumeArguments, BasicPublishArguments, BasicQosArguments, Channel,
    ConfirmSelectArguments, QueueDeclareArguments, QueueDeleteArguments,
};
use amqprs::connection::Connection;
use amqprs::consumer::AsyncConsumer;
use amqprs::error::Error;
use amqprs::{BasicProperties, DELIVERY_MODE_TRANSIENT, Deliver, FieldTable, FieldValue};
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc::Sender;

use super::callbacks::{Confirmations, OnChannel, OnConnection, Reporter};
use crate::protocol::{Incoming, LostError, MESSAGE_LIFE, QUEUE_LIFE, Sending, milliseconds};

/// What AMQP has room for in a name, in bytes; the client library panics beyond it.
pub const LONGEST_NAME: usize = 255;

/// The exchange that puts a message on the queue of that name.
const STRAIGHT: &str = "";

/// What is sent here comes to nobody.
const NOBODY: &str = "tenfold.nobody";

/// How many messages the broker may send ahead of our taking them. The client library holds without a bound what comes,
/// so that the bound must be the broker's: therefore messages are acknowledged one by one, which costs them little.
pub const PREFETCH: u16 = 64;

/// What may wait on a queue, in bytes. More is refused, and the sender tells in another way; dropping what is oldest
/// instead would not be told to anybody.
const MOST_BYTES: i64 = 16 << 20;

/// A connection's channels. They are closed when they are dropped.
pub struct Channels {
    publishing: Channel,
    /// How many messages were put on `publishing`: the broker counts as we do.
    sent: Arc<AtomicU64>,
    /// Held, for otherwise the consuming ends.
    _consuming: Option<Channel>,
}

impl Channels {
    /// Opens them; the broker says what it has to say to `reporter`. Where a queue is named it is made anew and consumed.
    pub async fn open(connection: &Connection, reporter: &Reporter, queue: Option<&str>) -> Result<Channels, Error> {
        connection.register_callback(OnConnection(reporter.clone())).await?;
        let sent = Arc::new(AtomicU64::new(0));
        let publishing = connection.open_channel(None).await?;
        let confirmations = Confirmations::new(sent.clone());
        publishing
            .register_callback(OnChannel::new(reporter, confirmations))
            .await?;
        prepare(&publishing).await?;
        let consuming = match queue {
            Some(queue) => {
                let consuming = connection.open_channel(None).await?;
                consuming
                    .register_callback(OnChannel::new(reporter, Confirmations::default()))
                    .await?;
                consume(&consuming, queue, reporter.incoming()).await?;
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

/// Sees that we may write, for the broker says so only when we do, and asks for confirmations.
async fn prepare(channel: &Channel) -> Result<(), Error> {
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
    /// Publishes on `channels`, which are those of `connection`.
    pub fn new(connection: Connection, channels: Channels) -> Publisher {
        Publisher { connection, channels }
    }

    async fn put(&mut self, queue: &str, tag: u64, body: String) -> Result<(), LostError> {
        if queue.len() > LONGEST_NAME {
            return Err(LostError("a queue's name is too long for it".into()));
        }
        // Counted before it is sent, for the answer may be quick.
        let before = self.channels.sent.fetch_add(1, Ordering::AcqRel);
        debug_assert_eq!(tag, before + 1, "the broker and we count alike");
        let mut arguments = BasicPublishArguments::new(STRAIGHT, queue);
        arguments.mandatory(true);
        let publishing = &self.channels.publishing;
        let sent = publishing
            .basic_publish(properties(), body.into_bytes(), arguments)
            .await;
        sent.map_err(|_| LostError("the connection was closed".into()))
    }
}

impl Sending for Publisher {
    fn publish<'a>(&'a mut self, queue: &'a str, tag: u64, body: String) -> BoxFuture<'a, Result<(), LostError>> {
        Box::pin(self.put(queue, tag, body))
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            // The channels end with it. Where it fails, the connection is gone already.
            let _ = self.connection.close().await;
        })
    }
}

/// Makes the queue anew, and consumes it.
///
/// One that is there is of an earlier connection. The broker may take that for alive for some time, and would give it
/// every other message; with the queue its consumer is gone. What was on it is in the log.
async fn consume(channel: &Channel, queue: &str, incoming: Sender<Incoming>) -> Result<(), Error> {
    channel.queue_delete(QueueDeleteArguments::new(queue)).await?;
    // Newer brokers have no queues that are neither durable nor one connection's own. It is empty when its broker
    // returns, for what we send is not durable.
    let mut declaring = QueueDeclareArguments::new(queue);
    declaring.durable(true).auto_delete(true).arguments(life_and_bounds());
    channel.queue_declare(declaring).await?;
    channel.basic_qos(BasicQosArguments::new(0, PREFETCH, false)).await?;
    let mut consuming = BasicConsumeArguments::new(queue, "tenfold");
    consuming.exclusive(true).arguments(not_moved_on());
    channel.basic_consume(Consumer { incoming }, consuming).await?;
    Ok(())
}

fn life_and_bounds() -> FieldTable {
    let mut arguments = FieldTable::new();
    let mut add = |name: &'static str, value| {
        let name = name.try_into().expect("it is short");
        arguments.insert(name, value);
    };
    add("x-expires", FieldValue::l(milliseconds(QUEUE_LIFE)));
    add("x-message-ttl", FieldValue::l(milliseconds(MESSAGE_LIFE)));
    add("x-max-length-bytes", FieldValue::l(MOST_BYTES));
    add("x-overflow", "reject-publish".into());
    arguments
}

/// A consumer whose queue is gone is moved on to one of the same name, if somebody makes it quickly enough: that is ours, and
/// the dead would eat from it again. This is how a consumer says that it wants to be told instead.
fn not_moved_on() -> FieldTable {
    let mut arguments = FieldTable::new();
    let name = "x-cancel-on-ha-failover".try_into().expect("it is short");
    arguments.insert(name, true.into());
    arguments
}

/// Passes on what comes, and takes no more than the connection task does.
struct Consumer {
    incoming: Sender<Incoming>,
}

#[async_trait]
impl AsyncConsumer for Consumer {
    async fn consume(&mut self, channel: &Channel, deliver: Deliver, _: BasicProperties, content: Vec<u8>) {
        if self.incoming.send(Incoming::Message(content)).await.is_ok() {
            // Where that fails the connection is lost, which others tell.
            let taken = BasicAckArguments::new(deliver.delivery_tag(), false);
            let _ = channel.basic_ack(taken).await;
        }
    }
}
