//! The log on Postgres: appending, ordered reading, the live projections, replay.

pub mod append;
pub mod beside;
pub mod bisect;
pub mod concerning;
pub mod condition;
pub mod database;
pub mod escape;
pub mod fork;
pub mod history;
pub mod moment_argument;
pub mod past;
pub mod premises;
pub mod private_postgres;
pub mod program;
pub mod read;
pub mod rebuild;
pub mod replay;
pub mod schema;
pub mod state;
pub mod synthetic;
pub mod tail;
pub mod travel;
pub mod verify;
pub mod who;
pub mod words;
