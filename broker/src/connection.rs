//! The connection to a broker, as a transport. One task holds it: it connects, and reconnects when the connection is lost;
//! it sends what waits in the outbox, and reports what was not confirmed in time; it checks what comes and gives it to the
//! message handler. Nobody ever waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tenfold_core::backoff::Backoff;
use tenfold_core::envelope::{Envelope, FleetKey};
use tenfold_core::ids::InstanceId;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::activemq::ActiveMq;
use crate::address::{Address, Kind};
use crate::outbox::{Outbox, Unconfirmed};
use crate::protocol::{ConnectError, Incoming, Link, LostError, Protocol};
use crate::rabbitmq::RabbitMq;
use crate::rejections::Rejections;
use crate::transport::{MessageHandler, Transport};

/// How long a broker may take to confirm an envelope before its recipient is woken in another way.
const CONFIRM_TIMEOUT: Duration = Duration::from_millis(250);
/// How long a confirmation may be overdue before the connection is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// How many envelopes may be unconfirmed before no more are sent.
const WINDOW: usize = 256;
/// A connection that lasted so long resets the backoff.
const STABLE_AFTER: Duration = Duration::from_secs(5);
/// Between two attempts to connect.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// How the broker at `address` is spoken to.
pub fn protocol(address: &Address) -> Arc<dyn Protocol> {
    match address.kind {
        Kind::RabbitMq => Arc::new(RabbitMq::new(address.clone())),
        Kind::ActiveMq => Arc::new(ActiveMq::new(address.clone())),
    }
}

/// Whether the broker can be used; answers its product and version.
///
/// # Errors
/// The last endpoint's, in words for an operator.
pub async fn probe(address: &Address) -> Result<String, ConnectError> {
    let link = Link::to_any(protocol(address).as_ref(), address, None).await?;
    let product = link.product.clone();
    link.end().await;
    Ok(product)
}

/// The queue of an application server.
pub fn queue_of(server: InstanceId) -> String {
    format!("tenfold.{}", server.0.simple())
}

fn server_of(queue: &str) -> Option<InstanceId> {
    queue.strip_prefix("tenfold.")?.parse().ok().map(InstanceId)
}

/// Who an application server is among the others.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its id.
    pub server: InstanceId,
    /// What its envelopes are sealed and opened with.
    pub key: FleetKey,
}

/// A transport over a broker. Clones are handles to the same connection.
#[derive(Clone)]
pub struct BrokerConnection {
    outbox: Arc<Outbox>,
    is_healthy: Arc<AtomicBool>,
}

impl Transport for BrokerConnection {
    fn send(&self, envelope: Envelope) -> bool {
        self.is_healthy() && self.outbox.add(envelope)
    }

    fn is_healthy(&self) -> bool {
        self.is_healthy.load(Ordering::Relaxed)
    }
}

impl BrokerConnection {
    /// Begins to carry envelopes between `identity`'s queue on the broker at `address` and the other servers' queues, until
    /// `stopping` fires; the task has ended then. Where the broker is unavailable, the task connects as soon as it can.
    pub fn start(
        address: Address,
        identity: Identity,
        handler: Arc<dyn MessageHandler>,
        stopping: CancellationToken,
    ) -> (BrokerConnection, JoinHandle<()>) {
        let connection = BrokerConnection {
            outbox: Arc::default(),
            is_healthy: Arc::default(),
        };
        let task = Task {
            connection: connection.clone(),
            protocol: protocol(&address),
            address,
            identity,
            handler,
            stopping,
            rejections: Rejections::default(),
        };
        (connection, tokio::spawn(task.run()))
    }
}

/// Holds the connection.
struct Task {
    connection: BrokerConnection,
    protocol: Arc<dyn Protocol>,
    address: Address,
    identity: Identity,
    handler: Arc<dyn MessageHandler>,
    stopping: CancellationToken,
    rejections: Rejections,
}

impl Task {
    async fn run(mut self) {
        let stopping = self.stopping.clone();
        let mut backoff = Backoff::between(FIRST_PAUSE, LONGEST_PAUSE);
        let mut logged = None;
        loop {
            match stopping.run_until_cancelled(self.connect()).await {
                None => return,
                Some(Ok(link)) => {
                    tracing::info!(broker = %self.address, "delivering messages through {}", link.product);
                    let since = Instant::now();
                    if self.use_link(link).await.is_none() {
                        return;
                    }
                    // A broker that accepts the connection and closes it again is not asked all the time.
                    if since.elapsed() > STABLE_AFTER {
                        backoff.reset();
                        logged = None;
                    }
                }
                Some(Err(error)) => self.log_once(&mut logged, error),
            }
            let pause = sleep(backoff.pause(rand::random()));
            if stopping.run_until_cancelled(pause).await.is_none() {
                return;
            }
        }
    }

    /// Logs why there is no connection, where that is another reason than before.
    fn log_once(&self, logged: &mut Option<ConnectError>, error: ConnectError) {
        if logged.as_ref() != Some(&error) {
            tracing::warn!(
                "broker {} unavailable ({error}): delivering through Postgres",
                self.address
            );
            *logged = Some(error);
        }
    }

    /// Tries one endpoint after the other; the last one's error counts.
    async fn connect(&self) -> Result<Link, ConnectError> {
        let queue = queue_of(self.identity.server);
        Link::to_any(self.protocol.as_ref(), &self.address, Some(&queue)).await
    }

    /// Uses `link` while it lasts. `None`: the server is stopping, and the connection is closed.
    async fn use_link(&mut self, mut link: Link) -> Option<()> {
        let connection = self.connection.clone();
        connection.is_healthy.store(true, Ordering::Relaxed);
        // Messages were delivered through Postgres while there was no connection.
        self.handler.check_log();
        let stopping = self.stopping.clone();
        let lost = stopping.run_until_cancelled(self.drive(&mut link)).await;
        connection.is_healthy.store(false, Ordering::Relaxed);
        self.report(connection.outbox.abandon());
        let Some(lost) = lost else {
            link.end().await;
            return None;
        };
        tracing::warn!(broker = %self.address, "broker connection lost ({lost}): delivering through Postgres until it is back");
        // What was on our queue may be gone.
        self.handler.check_log();
        Some(())
    }

    /// Sends and receives until the connection is lost; answers why.
    async fn drive(&mut self, link: &mut Link) -> LostError {
        let mut unconfirmed = Unconfirmed::default();
        let lost = loop {
            if let Err(lost) = self.step(link, &mut unconfirmed).await {
                break lost;
            }
        };
        self.report(unconfirmed.abandon());
        lost
    }

    async fn step(&mut self, link: &mut Link, unconfirmed: &mut Unconfirmed) -> Result<(), LostError> {
        let outbox = self.connection.outbox.clone();
        let may_send = unconfirmed.len() < WINDOW;
        tokio::select! {
            incoming = link.incoming.recv() => self.on_incoming(incoming, unconfirmed),
            envelope = outbox.next(), if may_send => self.send(link, unconfirmed, envelope).await,
            () = at(unconfirmed.next_due()) => {
                self.on_overdue(unconfirmed);
                Ok(())
            }
            () = at(unconfirmed.overdue_since().map(|since| since + ANSWER_TIMEOUT)) => {
                Err(LostError("it does not answer any more".into()))
            }
            () = at(self.rejections.due()) => {
                let rejected = self.rejections.take(Instant::now());
                tracing::warn!("rejected messages that somebody else put on our queue at the broker: {rejected}");
                Ok(())
            }
        }
    }

    fn on_incoming(&mut self, incoming: Option<Incoming>, unconfirmed: &mut Unconfirmed) -> Result<(), LostError> {
        match incoming {
            Some(Incoming::Message(bytes)) => self.on_message(&bytes),
            Some(Incoming::Confirmed(tag)) => unconfirmed.confirm(tag),
            Some(Incoming::ConfirmedUpTo(tag)) => unconfirmed.confirm_up_to(tag),
            Some(Incoming::Refused(tag)) => self.report(unconfirmed.refuse(tag)),
            Some(Incoming::NoSuchQueue(queue)) => self.report(server_of(&queue)),
            Some(Incoming::Lost(why)) => return Err(LostError(why)),
            None => return Err(LostError("the connection was closed".into())),
        }
        let answers = unconfirmed.overdue_since().is_none();
        self.connection.is_healthy.store(answers, Ordering::Relaxed);
        Ok(())
    }

    fn on_message(&mut self, bytes: &[u8]) {
        match Envelope::open(bytes, &self.identity.key, self.identity.server) {
            Ok(envelope) => self.handler.received(envelope.notices),
            Err(why) => self.rejections.count(why, Instant::now()),
        }
    }

    async fn send(&self, link: &mut Link, unconfirmed: &mut Unconfirmed, envelope: Envelope) -> Result<(), LostError> {
        let tag = unconfirmed.send(envelope.to, Instant::now() + CONFIRM_TIMEOUT);
        let body = envelope.seal(&self.identity.key);
        let queue = queue_of(envelope.to);
        let sent = timeout(CONFIRM_TIMEOUT, link.sending.publish(&queue, tag, body)).await;
        sent.unwrap_or_else(|_| Err(LostError("it reads no more".into())))
    }

    /// Reports what is overdue, and takes nothing more until the broker answers.
    fn on_overdue(&self, unconfirmed: &mut Unconfirmed) {
        self.report(unconfirmed.overdue(Instant::now()));
        if unconfirmed.overdue_since().is_some() {
            self.connection.is_healthy.store(false, Ordering::Relaxed);
            self.report(self.connection.outbox.abandon());
        }
    }

    fn report(&self, undelivered: impl IntoIterator<Item = InstanceId>) {
        undelivered
            .into_iter()
            .for_each(|server| self.handler.undelivered(server));
    }
}

/// At that moment, or never.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
