//! How news of messages gets from one application server to another: through RabbitMQ or ActiveMQ.
//!
//! A [`transport::Transport`] takes parcels on and brings them to the [`transport::Ears`] of the server they are for. The
//! log is one (in the application server, by the database's notifications); [`carrier::Carrier`] is one over a broker. The
//! carrier knows when to connect again, what is not yet confirmed and whom to believe; a [`protocol::Protocol`] knows how
//! to speak: [`rabbitmq`] or [`activemq`]. Any parcel may be lost, doubled or late: the log is the truth.

pub mod activemq;
pub mod address;
pub mod carrier;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod protocol;
pub mod rabbitmq;
#[cfg(feature = "tls")]
mod tls;
pub mod transport;

use std::sync::Arc;

use address::{Address, Kind};
use protocol::Protocol;

/// How the broker at `address` is spoken to.
pub fn protocol(address: &Address) -> Arc<dyn Protocol> {
    match address.kind {
        Kind::RabbitMq => Arc::new(rabbitmq::RabbitMq::new(address.clone())),
        Kind::ActiveMq => Arc::new(activemq::ActiveMq::new(address.clone())),
    }
}
