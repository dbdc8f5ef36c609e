//! The log on Postgres: appending, ordered reading, the live projections, replay.

pub mod append;
pub mod beside;
pub mod database;
pub mod escape;
pub mod lifecycle;
pub mod private_postgres;
pub mod program;
pub mod read;
pub mod rebuild;
pub mod replay;
pub mod schema;
pub mod state;
pub mod synthetic;
pub mod tail;
pub mod verify;
