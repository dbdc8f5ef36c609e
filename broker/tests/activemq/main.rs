//! The real ActiveMQ: what its protocol does, and that it conforms as every transport must.

#[path = "../common/mod.rs"]
mod common;
mod kit;
mod protocol;
mod refusals;
mod world;
