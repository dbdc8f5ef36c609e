//! The broker in use, from its beginning to its end; and Postgres' notifications, where the broker does not do its part.

use std::sync::Arc;
use std::time::Duration;

use tenfold_broker::connection::{BrokerConnection, Identity};
use tenfold_broker::transport::{MessageHandler, Transport};
use tenfold_core::envelope::{Envelope, MessageNotice};
use tenfold_core::ids::InstanceId;
use tenfold_log::append::{CommitHook, Doorbell, Publish};
use tenfold_log::read::Reader;
use tenfold_service::essential::EssentialTasks;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::delivery_loop::Delivery;
use super::publisher::{PublishTask, publisher};
use crate::arguments::Broker;

/// How long the last messages may take when the server ends. The log has what is left.
const CLOSING: Duration = Duration::from_millis(500);

/// Wakes the server that an envelope is for: it finds the messages in the log. The notification goes through Postgres, where
/// the server's [`heartbeat`](crate::heartbeat) connection listens.
#[derive(Clone)]
pub struct NotifyTransport {
    /// Sends the notifications.
    pub doorbell: Doorbell,
}

impl Transport for NotifyTransport {
    fn send(&self, envelope: Envelope) -> bool {
        self.doorbell.ring_server(envelope.to);
        true
    }

    fn is_healthy(&self) -> bool {
        true
    }
}

/// Gives the delivery loop what a broker brings, and wakes the other servers for what it could not bring them.
struct DeliveryHandler {
    delivery: Delivery,
    notify: NotifyTransport,
}

impl MessageHandler for DeliveryHandler {
    fn received(&self, notices: Vec<MessageNotice>) {
        self.delivery.received(notices);
    }

    fn check_log(&self) {
        self.delivery.wake();
    }

    fn undelivered(&self, to: InstanceId) {
        let notices = Vec::new();
        self.notify.send(Envelope { to, notices });
    }
}

/// A broker in use.
pub struct BrokerDelivery {
    here: InstanceId,
    connection: BrokerConnection,
    handler: Arc<dyn MessageHandler>,
    publishing: PublishTask,
    connecting: JoinHandle<()>,
    stopping: CancellationToken,
}

/// What is to be done when the server ends.
pub struct Ending {
    publishing: JoinHandle<()>,
    connecting: JoinHandle<()>,
    stopping: CancellationToken,
}

/// Begins to use `broker`, where there is one, for the messages of the server `here`. Where it is unavailable, the connection
/// is made in the background as soon as it can be. The first answer is the writer's commit hook.
pub fn begin(broker: Option<Broker>, here: InstanceId, delivery: &Delivery) -> (CommitHook, Option<BrokerDelivery>) {
    let doorbell = Doorbell::default();
    let Some(Broker { address, key }) = broker else {
        let publisher = None;
        return (CommitHook { doorbell, publisher }, None);
    };
    let handler: Arc<dyn MessageHandler> = Arc::new(DeliveryHandler {
        delivery: delivery.clone(),
        notify: NotifyTransport {
            doorbell: doorbell.clone(),
        },
    });
    let identity = Identity { server: here, key };
    let stopping = CancellationToken::new();
    let (connection, connecting) = BrokerConnection::start(address, identity, Arc::clone(&handler), stopping.clone());
    let (publisher, publishing) = publisher(Arc::new(connection.clone()));
    let delivery = BrokerDelivery {
        here,
        connection,
        handler,
        publishing,
        connecting,
        stopping,
    };
    let publisher: Option<Arc<dyn Publish>> = Some(Arc::new(publisher));
    (CommitHook { doorbell, publisher }, Some(delivery))
}

impl BrokerDelivery {
    /// Over the broker.
    pub fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(self.connection.clone())
    }

    /// Sends what the writer records, until it is closed. Recipients are looked up with `reader`, which nobody else should
    /// use: on the connection that reads messages for all sessions, each would wait for the other.
    pub fn run(self, reader: Reader, essential: &EssentialTasks) -> Ending {
        let span = tenfold_service::span::delivery(self.here);
        let publishing = self.publishing.run(reader, self.here, self.handler).instrument(span);
        Ending {
            publishing: essential.spawn("what sends messages to the broker", publishing),
            connecting: essential.spawn("the connection to the broker", joined(self.connecting)),
            stopping: self.stopping,
        }
    }
}

/// Watched like a task that is spawned here.
async fn joined(task: JoinHandle<()>) {
    let _ = task.await;
}

impl Ending {
    /// Closes the connection to the broker, after the writer has closed.
    pub async fn end(self) {
        let end = async {
            drop(self.publishing.await);
            self.stopping.cancel();
            drop(self.connecting.await);
        };
        if timeout(CLOSING, end).await.is_err() {
            tracing::debug!("the broker did not close the connection in time");
        }
    }
}
