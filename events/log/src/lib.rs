//! The log on Postgres, as servers need it: appending, reading in order, the live projections, sealing, whether the log is whole, and the
//! operational tables. Looking back (replay, rebuild, verification) is `tenfold-replay`'s.

pub mod append;
pub mod database;
pub mod integrity;
pub mod key_file;
pub mod lifecycle;
pub mod locks;
pub mod names;
pub mod operational;
pub mod projection;
pub mod read;
pub mod schema;
pub mod sealing;
pub mod span;
