//! The log on Postgres: appending, ordered reading, the live projections, replay.

pub mod append;
pub mod beside;
pub mod database;
pub mod escape;
pub mod history;
pub mod key_file;
pub mod lifecycle;
pub mod private_postgres;
pub mod read;
pub mod rebuild;
pub mod replay;
pub mod schema;
pub mod sealing;
pub mod state;
pub mod synthetic;
pub mod verify;
