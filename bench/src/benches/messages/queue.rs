//! A broker's own round trip, spoken to as the servers do: one connection puts an envelope on a queue, the other has it
//! brought.

use std::time::{Duration, Instant};

use tenfold_broker::address::Address;
use tenfold_broker::protocol::{Incoming, Link, Protocol};
use tenfold_core::envelope::{Envelope, FleetKey, MessageNotice};
use tenfold_core::ids::{InstanceId, Position};
use tokio::sync::mpsc::Receiver;
use uuid::Uuid;

use crate::failure::Failure;

/// Both ends.
pub struct Queue {
    name: String,
    sending: Link,
    receiving: Link,
    /// As long as those the servers send.
    envelope: String,
    sent: u64,
}

impl Queue {
    /// Connects both ends, to a queue of our own that ends with us.
    ///
    /// # Errors
    /// Where the broker does not let us.
    pub async fn connect(address: &Address) -> Result<Queue, Failure> {
        let protocol = tenfold_broker::connection::protocol(address);
        let name = format!("tenfold.bench-{}", Uuid::new_v4().simple());
        Ok(Queue {
            receiving: connect(protocol.as_ref(), address, Some(&name)).await?,
            sending: connect(protocol.as_ref(), address, None).await?,
            name,
            envelope: envelope(),
            sent: 0,
        })
    }

    /// Sends once: how long until it came.
    ///
    /// # Errors
    /// Where a connection is lost.
    pub async fn once(&mut self) -> Result<Duration, Failure> {
        // What the broker confirms is not waited for, as the servers don't.
        while self.sending.incoming.try_recv().is_ok() {}
        self.sent += 1;
        let body = format!("{} {}", self.envelope, self.sent);
        let began = Instant::now();
        let publish = self.sending.sending.publish(&self.name, self.sent, body.clone());
        let send = async { publish.await.map_err(Failure::from) };
        let receive = until_it_comes(&mut self.receiving.incoming, body.as_bytes());
        let ((), came) = tokio::try_join!(send, receive)?;
        Ok(came.saturating_duration_since(began))
    }
}

async fn until_it_comes(incoming: &mut Receiver<Incoming>, body: &[u8]) -> Result<Instant, Failure> {
    loop {
        match incoming.recv().await {
            Some(Incoming::Message(came)) if came == body => return Ok(Instant::now()),
            Some(Incoming::Lost(why)) => return Err(Failure::BrokerLost(why)),
            None => return Err(Failure::BrokerLost("it was closed".into())),
            Some(_) => {}
        }
    }
}

async fn connect(protocol: &dyn Protocol, address: &Address, queue: Option<&str>) -> Result<Link, Failure> {
    let link = Link::to_any(protocol, address, queue).await;
    link.map_err(|why| Failure::broker(address, why))
}

/// The notice of one message, as it crosses the broker.
fn envelope() -> String {
    let notice = MessageNotice {
        position: Position(1_000_000),
        from: "user10".into(),
        group: None,
        text: Uuid::new_v4().to_string(),
    };
    let envelope = Envelope {
        to: InstanceId(Uuid::new_v4()),
        notices: vec![notice],
    };
    envelope.seal(&FleetKey::new([0; 32]))
}
