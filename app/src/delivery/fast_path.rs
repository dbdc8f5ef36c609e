//! The way over a broker, from its beginning to its end.

use std::sync::Arc;
use std::time::Duration;

use tenfold_broker::carrier::{Carrier, Identity};
use tenfold_broker::transport::{Ears, Transport};
use tenfold_core::ids::InstanceId;
use tenfold_log::append::{Announcer, Courier, Doorbell};
use tenfold_log::read::Reader;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Delivery;
use super::dispatch::{Dispatch, dispatch};
use super::ears::DeliveryEars;
use super::the_log::TheLog;
use crate::arguments::Broker;

/// How long the last messages may take when the server ends. The log has what is left.
const ENDING: Duration = Duration::from_millis(500);

/// A broker in use.
pub struct FastPath {
    here: InstanceId,
    transport: Arc<dyn Transport>,
    ears: Arc<dyn Ears>,
    dispatch: Dispatch,
    carrying: JoinHandle<()>,
    stopping: CancellationToken,
}

/// What is to be done when the server ends.
pub struct Ending {
    dispatching: JoinHandle<()>,
    carrying: JoinHandle<()>,
    stopping: CancellationToken,
}

/// Begins to use `broker`, where there is one, for the messages of the server `here`. A broker that is away is awaited in
/// the background. The announcer is the writer's.
pub fn begin(broker: Option<Broker>, here: InstanceId, delivery: &Delivery) -> (Announcer, Option<FastPath>) {
    let doorbell = Doorbell::default();
    let Some(broker) = broker else {
        return (
            Announcer {
                doorbell,
                courier: None,
            },
            None,
        );
    };
    let ears: Arc<dyn Ears> = Arc::new(DeliveryEars {
        delivery: delivery.clone(),
        log: TheLog {
            doorbell: doorbell.clone(),
        },
    });
    let identity = Identity {
        server: here,
        key: broker.key,
    };
    let stopping = CancellationToken::new();
    let (carrier, carrying) = Carrier::start(broker.address, identity, Arc::clone(&ears), stopping.clone());
    let transport: Arc<dyn Transport> = Arc::new(carrier);
    let (dispatcher, dispatch) = dispatch(Arc::clone(&transport));
    let courier: Arc<dyn Courier> = Arc::new(dispatcher);
    let path = FastPath {
        here,
        transport,
        ears,
        dispatch,
        carrying,
        stopping,
    };
    let courier = Some(courier);
    (Announcer { doorbell, courier }, Some(path))
}

impl FastPath {
    /// Over the broker.
    pub fn transport(&self) -> Arc<dyn Transport> {
        Arc::clone(&self.transport)
    }

    /// Sends what the writer records, until it is closed. Messages are addressed with `reader`, which nobody else should
    /// use: on the connection that reads messages for everybody, each would wait for the other.
    pub fn run(self, reader: Reader) -> Ending {
        Ending {
            dispatching: tokio::spawn(self.dispatch.run(reader, self.here, self.ears)),
            carrying: self.carrying,
            stopping: self.stopping,
        }
    }
}

impl Ending {
    /// Lets go of the broker, after the writer has closed.
    pub async fn end(self) {
        let end = async {
            drop(self.dispatching.await);
            self.stopping.cancel();
            drop(self.carrying.await);
        };
        if timeout(ENDING, end).await.is_err() {
            tracing::debug!("the broker did not hear our goodbye");
        }
    }
}
