//! From a recorded message to the broker: which servers its recipients sit on, and one envelope for each of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tenfold_broker::transport::{MessageHandler, Transport};
use tenfold_core::envelope::{Envelope, MessageNotice};
use tenfold_core::event::Event;
use tenfold_core::ids::{InstanceId, Position};
use tenfold_log::append::Publish;
use tenfold_log::read::{Addresses, ReadError, Reader};
use tokio::sync::mpsc;
use uuid::Uuid;

/// How many messages may wait for their addresses. A server's ten users have no more under way.
const QUEUE: usize = 1024;

/// What is collected for all servers at once, in bytes. Those for whom it is too much read the log.
const MOST_BYTES: usize = 4 << 20;

/// Takes recorded messages from the writer, after their commit and without making it wait.
pub struct Publisher {
    transport: Arc<dyn Transport>,
    queue: mpsc::Sender<Recorded>,
}

/// The other end: looks up where their recipients sit, and sends them there.
pub struct PublishTask {
    /// Over the broker.
    transport: Arc<dyn Transport>,
    waiting: mpsc::Receiver<Recorded>,
}

/// A message as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Recorded {
    position: Position,
    sender: Uuid,
    /// An account or a group.
    recipient: Uuid,
    to_group: bool,
    text: String,
}

/// Both ends of the way from the writer to `transport`.
pub fn publisher(transport: Arc<dyn Transport>) -> (Publisher, PublishTask) {
    let (queue, waiting) = mpsc::channel(QUEUE);
    let publisher = Publisher {
        transport: Arc::clone(&transport),
        queue,
    };
    (publisher, PublishTask { transport, waiting })
}

impl Publish for Publisher {
    fn publish(&self, position: Position, event: &Event) -> bool {
        // A broker that is unavailable costs no message the time to find that out.
        self.transport.is_healthy()
            && recorded(position, event).is_some_and(|recorded| self.queue.try_send(recorded).is_ok())
    }
}

fn recorded(position: Position, event: &Event) -> Option<Recorded> {
    let (from, recipient, to_group, text) = match event {
        Event::MessageSent { from, to, text } => (from, to.0, false, text),
        Event::GroupMessageSent { from, group, text } => (from, group.0, true, text),
        _ => return None,
    };
    Some(Recorded {
        position,
        sender: from.0,
        recipient,
        to_group,
        text: text.clone(),
    })
}

impl PublishTask {
    /// Publishes until the writer has closed. `here` is this server: what is for its own users goes to `handler`.
    pub async fn run(mut self, reader: Reader, here: InstanceId, handler: Arc<dyn MessageHandler>) {
        let mut batch = Vec::new();
        // What was recorded together is addressed together.
        while self.waiting.recv_many(&mut batch, QUEUE).await > 0 {
            match self.addresses(&reader, &batch).await {
                Ok(addresses) => self.send(Batch::of(batch.drain(..), &addresses), here, handler.as_ref()),
                // Every server polls the log.
                Err(error) => tracing::warn!(%error, "cannot look up recipients: delivering through Postgres"),
            }
            batch.clear();
        }
    }

    async fn addresses(&self, reader: &Reader, batch: &[Recorded]) -> Result<Addresses, ReadError> {
        let recipients: BTreeSet<Uuid> = batch.iter().map(|recorded| recorded.recipient).collect();
        let senders: BTreeSet<Uuid> = batch.iter().map(|recorded| recorded.sender).collect();
        let [recipients, senders] = [recipients, senders].map(Vec::from_iter);
        reader.addresses(&recipients, &senders).await
    }

    fn send(&self, outgoing: Batch, here: InstanceId, handler: &dyn MessageHandler) {
        for (to, notices) in outgoing.envelopes {
            if to == here {
                handler.received(notices);
            } else if !self.transport.send(Envelope { to, notices }) {
                handler.undelivered(to);
            }
        }
        outgoing
            .to_be_woken
            .into_iter()
            .for_each(|server| handler.undelivered(server));
    }
}

/// What is sent together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Batch {
    /// One envelope for each server where somebody sits for whom there is something.
    envelopes: BTreeMap<InstanceId, Vec<MessageNotice>>,
    /// Servers that must read the log.
    to_be_woken: BTreeSet<InstanceId>,
    bytes: usize,
}

impl Batch {
    fn of(batch: impl IntoIterator<Item = Recorded>, addresses: &Addresses) -> Batch {
        let mut outgoing = Batch::default();
        for recorded in batch {
            let servers = addresses.servers.get(&recorded.recipient).into_iter().flatten();
            let notice = notice(recorded, addresses);
            servers.for_each(|server| outgoing.add(*server, notice.as_ref()));
        }
        outgoing
    }

    fn add(&mut self, server: InstanceId, notice: Option<&MessageNotice>) {
        let size = notice.map_or(0, MessageNotice::size);
        match notice {
            Some(notice) if self.bytes + size <= MOST_BYTES => {
                self.bytes += size;
                self.envelopes.entry(server).or_default().push(notice.clone());
            }
            _ => drop(self.to_be_woken.insert(server)),
        }
    }
}

/// None where the sender is deleted by now: then the log alone knows how they were called.
fn notice(recorded: Recorded, addresses: &Addresses) -> Option<MessageNotice> {
    let name = |id: &Uuid| addresses.names.get(id).cloned();
    Some(MessageNotice {
        position: recorded.position,
        from: name(&recorded.sender)?,
        group: match recorded.to_group {
            true => Some(name(&recorded.recipient)?),
            false => None,
        },
        text: recorded.text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: Uuid = Uuid::from_u128(1);
    const BEN: Uuid = Uuid::from_u128(2);
    const GROUP: Uuid = Uuid::from_u128(3);

    fn server(number: u128) -> InstanceId {
        InstanceId(Uuid::from_u128(number))
    }

    fn recorded(position: i64, recipient: Uuid) -> Recorded {
        Recorded {
            position: Position(position),
            sender: ANN,
            recipient,
            to_group: recipient == GROUP,
            text: "hi".into(),
        }
    }

    fn addresses() -> Addresses {
        Addresses {
            servers: [(BEN, [server(1)].into()), (GROUP, [server(1), server(2)].into())].into(),
            names: [(ANN, "ann".to_owned()), (GROUP, "all".to_owned())].into(),
        }
    }

    #[test]
    fn each_server_gets_one_envelope_with_all_that_is_for_it() {
        let batch = [recorded(5, GROUP), recorded(6, BEN), recorded(7, Uuid::from_u128(9))];
        let outgoing = Batch::of(batch, &addresses());
        let positions = |number| -> Vec<i64> {
            let notices = &outgoing.envelopes[&server(number)];
            notices.iter().map(|notice| notice.position.0).collect()
        };
        assert_eq!((positions(1), positions(2)), (vec![5, 6], vec![5]));
        let groups: Vec<_> = outgoing.envelopes[&server(1)]
            .iter()
            .map(|notice| notice.group.as_deref())
            .collect();
        assert_eq!(groups, [Some("all"), None]);
        assert_eq!(outgoing.to_be_woken, BTreeSet::new());
    }

    #[test]
    fn what_is_too_much_at_once_is_left_to_the_log() {
        let mut batch = vec![recorded(1, GROUP); 200];
        batch
            .iter_mut()
            .for_each(|recorded| recorded.text = "x".repeat(64 << 10));
        let outgoing = Batch::of(batch, &addresses());
        let collected: usize = outgoing
            .envelopes
            .values()
            .flatten()
            .map(|notice| notice.text.len())
            .sum();
        assert!(collected <= MOST_BYTES && collected > MOST_BYTES / 2);
        assert_eq!(outgoing.to_be_woken, BTreeSet::from([server(1), server(2)]));
    }

    #[test]
    fn where_a_name_is_gone_the_log_must_tell() {
        let mut addresses = addresses();
        addresses.names.remove(&ANN);
        let outgoing = Batch::of([recorded(5, GROUP)], &addresses);
        assert_eq!(outgoing.to_be_woken, BTreeSet::from([server(1), server(2)]));
        assert!(outgoing.envelopes.is_empty());
    }
}
