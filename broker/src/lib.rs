//! How notices of messages get from one application server to another: through RabbitMQ or ActiveMQ.
//!
//! A [`transport::Transport`] takes envelopes and brings them to the [`transport::MessageHandler`] of the server that they
//! are for. [`connection::BrokerConnection`] is one over a broker; the application server has another over Postgres'
//! notifications. The connection knows when to reconnect, what is not yet confirmed and what to reject; a
//! [`protocol::Protocol`] knows how to speak: [`rabbitmq`] or [`activemq`]. Any envelope may be lost, doubled or late: the log
//! is the truth.

pub mod activemq;
pub mod address;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod connection;
mod outbox;
pub mod protocol;
pub mod rabbitmq;
mod rejections;
#[cfg(feature = "tls")]
mod tls;
pub mod transport;
