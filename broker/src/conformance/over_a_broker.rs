//! What the worlds of both brokers have in common.

use std::sync::Arc;

use tenfold_core::envelope::FleetKey;
use tenfold_core::ids::InstanceId;
use tokio_util::sync::CancellationToken;

use super::recording_handler::RecordingHandler;
use super::world::Server;
use crate::address::Address;
use crate::connection::{BrokerConnection, Identity, protocol, queue_of};

/// One more application server of the fleet with that key, over the broker at `address`.
pub fn join(address: &Address, key: &FleetKey, handler: Arc<RecordingHandler>) -> Server {
    let id = somebody_new();
    let identity = Identity {
        server: id,
        key: key.clone(),
    };
    let stopping = CancellationToken::new();
    let (connection, _) = BrokerConnection::start(address.clone(), identity, handler, stopping.clone());
    Server {
        id,
        transport: Arc::new(connection),
        life: Box::new(stopping.drop_guard()),
    }
}

/// A server that there has never been.
pub(super) fn somebody_new() -> InstanceId {
    let id = format!("{:032x}", rand::random::<u128>());
    InstanceId(id.parse().expect("32 hexadecimal digits are an identifier"))
}

/// Puts `body` on the queue of the server `to`, as somebody who knows the broker's password could.
///
/// # Panics
/// Where the broker is away.
pub async fn put_on_its_queue(address: &Address, to: InstanceId, body: String) {
    let protocol = protocol(address);
    let endpoint = address.endpoints.first().expect("a broker is somewhere");
    let mut link = protocol.connect(endpoint, None).await.expect("the broker is there");
    let sent = link.sending.publish(&queue_of(to), 1, body).await;
    sent.expect("the broker takes it");
    // Once it is confirmed, the broker has it.
    link.incoming.recv().await.expect("the broker confirms it");
    link.sending.close().await;
}
