//! The log on Postgres: appending, ordered reading, the live projections, replay.

pub mod append;
pub mod database;
pub mod private_postgres;
pub mod read;
pub mod schema;
