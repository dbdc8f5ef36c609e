//! What the worlds of both brokers have in common.

use std::sync::Arc;

use tenfold_core::ids::InstanceId;
use tenfold_core::parcel::FleetKey;
use tokio_util::sync::CancellationToken;

use super::{Server, TestEars};
use crate::address::Address;
use crate::carrier::{Carrier, Identity, queue_of};

/// One more application server of the fleet with that key, over the broker at `address`.
pub fn join(address: &Address, key: &FleetKey, ears: Arc<TestEars>) -> Server {
    let id = somebody_new();
    let identity = Identity {
        server: id,
        key: key.clone(),
    };
    let stopping = CancellationToken::new();
    let (carrier, _) = Carrier::start(address.clone(), identity, ears, stopping.clone());
    Server {
        id,
        transport: Arc::new(carrier),
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
    let protocol = crate::protocol(address);
    let place = address.places.first().expect("a broker is somewhere");
    let mut link = protocol.connect(place, None).await.expect("the broker is there");
    let sent = link.sending.publish(&queue_of(to), 1, body).await;
    sent.expect("the broker takes it");
    // Once it is confirmed, the broker has it.
    link.incoming.recv().await.expect("the broker confirms it");
    link.sending.close().await;
}
