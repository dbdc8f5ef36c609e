//! Our queue, and what comes from it.

use amqprs::channel::{
    BasicAckArguments, BasicConsumeArguments, BasicQosArguments, Channel, QueueDeclareArguments, QueueDeleteArguments,
};
use amqprs::consumer::AsyncConsumer;
use amqprs::error::Error;
use amqprs::{BasicProperties, Deliver, FieldTable, FieldValue};
use async_trait::async_trait;
use tokio::sync::mpsc::Sender;

use crate::protocol::{Incoming, MESSAGE_LIFE, QUEUE_LIFE, milliseconds};

/// How many messages the broker may send ahead of our taking them. The client library holds without a bound what comes,
/// so that the bound must be the broker's: therefore messages are acknowledged one by one, which costs them little.
pub const PREFETCH: u16 = 64;

/// What may wait on a queue, in bytes. More is refused, and the sender tells in another way; dropping what is oldest
/// instead would not be told to anybody.
const MOST_BYTES: i64 = 16 << 20;

/// Makes the queue anew, and consumes it.
///
/// One that is there is of an earlier connection. The broker may take that for alive for some time, and would give it
/// every other message; with the queue its consumer is gone. What was on it is in the log.
pub async fn consume(channel: &Channel, queue: &str, incoming: Sender<Incoming>) -> Result<(), Error> {
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

/// Hands on what comes, and takes no more than the carrier does.
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
