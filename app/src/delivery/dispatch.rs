//! From a recorded message to the broker: whose servers it is for, one parcel for each of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tenfold_broker::transport::{Ears, Transport};
use tenfold_core::event::Event;
use tenfold_core::ids::{InstanceId, Position};
use tenfold_core::parcel::{News, Parcel};
use tenfold_log::append::Courier;
use tenfold_log::read::{Addresses, ReadError, Reader};
use tokio::sync::mpsc;
use uuid::Uuid;

/// How many messages may wait for their addresses. A server's ten users have no more under way.
const QUEUE: usize = 1024;

/// What is collected for all servers at once, in bytes. Those for whom it is too much look into the log.
const MOST_BYTES: usize = 4 << 20;

/// Takes recorded messages from the writer without making it wait.
pub struct Dispatcher {
    transport: Arc<dyn Transport>,
    queue: mpsc::Sender<Recorded>,
}

/// The other end: addresses them and hands them over.
pub struct Dispatch {
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
pub fn dispatch(transport: Arc<dyn Transport>) -> (Dispatcher, Dispatch) {
    let (queue, waiting) = mpsc::channel(QUEUE);
    let dispatcher = Dispatcher {
        transport: Arc::clone(&transport),
        queue,
    };
    (dispatcher, Dispatch { transport, waiting })
}

impl Courier for Dispatcher {
    fn take(&self, position: Position, event: &Event) -> bool {
        // A broker that is away costs no message the time to find that out.
        self.transport.is_well()
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

impl Dispatch {
    /// Dispatches until the writer has closed. `here` is this server, whose own users hear it from `ears`.
    pub async fn run(mut self, reader: Reader, here: InstanceId, ears: Arc<dyn Ears>) {
        let mut batch = Vec::new();
        // What was recorded together is addressed together.
        while self.waiting.recv_many(&mut batch, QUEUE).await > 0 {
            match self.addresses(&reader, &batch).await {
                Ok(addresses) => self.send(Round::of(batch.drain(..), &addresses), here, ears.as_ref()),
                // Everybody looks into the log now and then.
                Err(error) => tracing::warn!(%error, "messages are late, for their recipients cannot be looked up"),
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

    fn send(&self, round: Round, here: InstanceId, ears: &dyn Ears) {
        for (to, news) in round.parcels {
            if to == here {
                ears.heard(news);
            } else if !self.transport.hand_over(Parcel { to, news }) {
                ears.undelivered(to);
            }
        }
        round.to_be_rung.into_iter().for_each(|server| ears.undelivered(server));
    }
}

/// What is sent together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Round {
    /// One parcel for each server where somebody sits for whom there is something.
    parcels: BTreeMap<InstanceId, Vec<News>>,
    /// Servers that must look into the log.
    to_be_rung: BTreeSet<InstanceId>,
    bytes: usize,
}

impl Round {
    fn of(batch: impl IntoIterator<Item = Recorded>, addresses: &Addresses) -> Round {
        let mut round = Round::default();
        for recorded in batch {
            let servers = addresses.servers.get(&recorded.recipient).into_iter().flatten();
            let news = news(recorded, addresses);
            servers.for_each(|server| round.add(*server, news.as_ref()));
        }
        round
    }

    fn add(&mut self, server: InstanceId, news: Option<&News>) {
        let size = news.map_or(0, News::size);
        match news {
            Some(news) if self.bytes + size <= MOST_BYTES => {
                self.bytes += size;
                self.parcels.entry(server).or_default().push(news.clone());
            }
            _ => drop(self.to_be_rung.insert(server)),
        }
    }
}

/// None where the sender is deleted by now: then the log alone knows how they were called.
fn news(recorded: Recorded, addresses: &Addresses) -> Option<News> {
    let name = |id: &Uuid| addresses.names.get(id).cloned();
    Some(News {
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
    fn each_server_gets_one_parcel_with_all_that_is_for_it() {
        let batch = [recorded(5, GROUP), recorded(6, BEN), recorded(7, Uuid::from_u128(9))];
        let round = Round::of(batch, &addresses());
        let positions = |number| -> Vec<i64> {
            let news = &round.parcels[&server(number)];
            news.iter().map(|news| news.position.0).collect()
        };
        assert_eq!((positions(1), positions(2)), (vec![5, 6], vec![5]));
        let groups: Vec<_> = round.parcels[&server(1)]
            .iter()
            .map(|news| news.group.as_deref())
            .collect();
        assert_eq!(groups, [Some("all"), None]);
        assert_eq!(round.to_be_rung, BTreeSet::new());
    }

    #[test]
    fn what_is_too_much_at_once_is_left_to_the_log() {
        let mut batch = vec![recorded(1, GROUP); 200];
        batch
            .iter_mut()
            .for_each(|recorded| recorded.text = "x".repeat(64 << 10));
        let round = Round::of(batch, &addresses());
        let collected: usize = round.parcels.values().flatten().map(|news| news.text.len()).sum();
        assert!(collected <= MOST_BYTES && collected > MOST_BYTES / 2);
        assert_eq!(round.to_be_rung, BTreeSet::from([server(1), server(2)]));
    }

    #[test]
    fn where_a_name_is_gone_the_log_must_tell() {
        let mut addresses = addresses();
        addresses.names.remove(&ANN);
        let round = Round::of([recorded(5, GROUP)], &addresses);
        assert_eq!(round.to_be_rung, BTreeSet::from([server(1), server(2)]));
        assert!(round.parcels.is_empty());
    }
}
