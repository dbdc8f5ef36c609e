//! Parcels over a broker. One task holds the connection: it connects, and again when that is lost; it sends what was
//! handed over, and tells what was not confirmed in time; it opens what comes. Nobody ever waits for it.

mod backoff;
mod doubtful;
mod link;
mod outbox;
mod unconfirmed;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tenfold_core::ids::InstanceId;
use tenfold_core::parcel::{FleetKey, Parcel};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::address::Address;
use crate::protocol::{ConnectError, Link, Protocol};
use crate::transport::{Ears, Transport};
pub use backoff::Backoff;
use doubtful::Doubtful;
use outbox::Outbox;

/// A connection that lasted so long was a sound one.
const SOUND: Duration = Duration::from_secs(5);

/// The queue of an application server.
pub fn queue_of(server: InstanceId) -> String {
    format!("tenfold.{}", server.0.simple())
}

/// Who an application server is among the others.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Which it is.
    pub server: InstanceId,
    /// What it seals with, and opens.
    pub key: FleetKey,
}

/// A transport over a broker. Clones are handles to the same.
#[derive(Clone)]
pub struct Carrier {
    outbox: Arc<Outbox>,
    is_well: Arc<AtomicBool>,
}

impl Transport for Carrier {
    fn hand_over(&self, parcel: Parcel) -> bool {
        self.is_well() && self.outbox.add(parcel)
    }

    fn is_well(&self) -> bool {
        self.is_well.load(Ordering::Relaxed)
    }
}

impl Carrier {
    /// Starts carrying between `identity`'s queue on the broker at `address` and everybody else's, until `stopping`
    /// fires; the task has ended then. A broker that is away is awaited in the background.
    pub fn start(
        address: Address,
        identity: Identity,
        ears: Arc<dyn Ears>,
        stopping: CancellationToken,
    ) -> (Carrier, JoinHandle<()>) {
        let protocol = crate::protocol(&address);
        Carrier::over(protocol, address, identity, ears, stopping)
    }

    fn over(
        protocol: Arc<dyn Protocol>,
        address: Address,
        identity: Identity,
        ears: Arc<dyn Ears>,
        stopping: CancellationToken,
    ) -> (Carrier, JoinHandle<()>) {
        let carrier = Carrier {
            outbox: Arc::default(),
            is_well: Arc::default(),
        };
        let task = Task {
            carrier: carrier.clone(),
            protocol,
            address,
            identity,
            ears,
            stopping,
            doubtful: Doubtful::default(),
        };
        (carrier, tokio::spawn(task.run()))
    }
}

/// The one who holds the connection.
struct Task {
    carrier: Carrier,
    protocol: Arc<dyn Protocol>,
    address: Address,
    identity: Identity,
    ears: Arc<dyn Ears>,
    stopping: CancellationToken,
    doubtful: Doubtful,
}

impl Task {
    async fn run(mut self) {
        let stopping = self.stopping.clone();
        let mut backoff = Backoff::default();
        let mut said = None;
        loop {
            match stopping.run_until_cancelled(self.connect()).await {
                None => return,
                Some(Ok(link)) => {
                    tracing::info!(address = %self.address, "messages go through {}", link.product);
                    let since = Instant::now();
                    if self.carry_over(link).await.is_none() {
                        return;
                    }
                    // A broker that lets us in and throws us out again is not asked all the time.
                    if since.elapsed() > SOUND {
                        (backoff, said) = (Backoff::default(), None);
                    }
                }
                Some(Err(error)) => self.tell_once(&mut said, error),
            }
            if stopping.run_until_cancelled(sleep(backoff.pause())).await.is_none() {
                return;
            }
        }
    }

    /// Why there is no connection is told when it is another reason than before.
    fn tell_once(&self, said: &mut Option<ConnectError>, error: ConnectError) {
        if said.as_ref() != Some(&error) {
            tracing::warn!(
                "messages take the log, for the broker {} cannot be used: {error}",
                self.address
            );
            *said = Some(error);
        }
    }

    /// Carries over `link` while it lasts. `None`: we are to stop, and have said goodbye.
    async fn carry_over(&mut self, mut link: Link) -> Option<()> {
        let carrier = self.carrier.clone();
        carrier.is_well.store(true, Ordering::Relaxed);
        // Some took the log while we were away.
        self.ears.look();
        let stopping = self.stopping.clone();
        let lost = stopping.run_until_cancelled(self.drive(&mut link)).await;
        carrier.is_well.store(false, Ordering::Relaxed);
        for server in carrier.outbox.abandon() {
            self.ears.undelivered(server);
        }
        let Some(lost) = lost else {
            link.end().await;
            return None;
        };
        tracing::warn!(address = %self.address, "the broker is lost ({lost}): messages take the log until it is back");
        // What was on our queue may be gone.
        self.ears.look();
        Some(())
    }

    /// Tries one place after the other; the last one's error counts.
    async fn connect(&self) -> Result<Link, ConnectError> {
        let queue = queue_of(self.identity.server);
        Link::to_any(self.protocol.as_ref(), &self.address, Some(&queue)).await
    }
}

/// Whether the broker can be used: what it is.
///
/// # Errors
/// [`ConnectError`], in words for an operator.
pub async fn probe(address: &Address) -> Result<String, ConnectError> {
    let protocol = crate::protocol(address);
    let link = Link::to_any(protocol.as_ref(), address, None).await?;
    let product = link.product.clone();
    link.end().await;
    Ok(product)
}
