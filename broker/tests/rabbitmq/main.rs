//! The real RabbitMQ: what its protocol does, and that it conforms as every transport must.

#[path = "../common/mod.rs"]
mod common;
mod kit;
mod protocol;
mod refusals;
mod relay;
mod world;
