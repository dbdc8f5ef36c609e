//! What somebody with the broker's password could do behind Tenfold's back.

use std::io::Result;

use super::address::Address;
use super::{amqp, stomp};

/// A client that has logged in, whatever the broker speaks.
pub trait Outsider {
    /// Makes a queue that belongs to nobody.
    fn declare(&mut self, queue: &str) -> Result<()>;

    /// Puts a message on a queue and waits until the broker has it there.
    fn publish(&mut self, queue: &str, body: &[u8]) -> Result<()>;

    /// Says goodbye and waits for the answer.
    fn end(&mut self) -> Result<()>;
}

/// Whether the broker at `url` lets its user in.
pub fn lets_in(url: &str) -> bool {
    converse(url, |_| Ok(())).is_ok()
}

/// Puts `body` on a queue of the broker at `url`, and waits until it is
/// there. RabbitMQ must have the queue; ActiveMQ makes it.
///
/// # Panics
/// When the broker refuses.
pub fn publish_by_hand(url: &str, queue: &str, body: &[u8]) {
    let published = converse(url, |outsider| outsider.publish(queue, body));
    published.unwrap_or_else(|error| panic!("nothing could be put on the queue {queue}: {error}"));
}

/// Makes a queue that belongs to nobody on the broker at `url`. RabbitMQ
/// keeps it, ActiveMQ for some seconds or as long as something is on it.
///
/// # Panics
/// When the broker refuses.
pub fn declare_by_hand(url: &str, queue: &str) {
    let declared = converse(url, |outsider| outsider.declare(queue));
    declared.unwrap_or_else(|error| panic!("the queue {queue} could not be made: {error}"));
}

fn converse(url: &str, say: impl FnOnce(&mut dyn Outsider) -> Result<()>) -> Result<()> {
    let address = Address::of(url)?;
    let mut outsider: Box<dyn Outsider> = match address.scheme.as_str() {
        "amqp" => Box::new(amqp::Conversation::begin(&address)?),
        _ => Box::new(stomp::Conversation::begin(&address)?),
    };
    say(outsider.as_mut())?;
    outsider.end()
}
