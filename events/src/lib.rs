//! tenfold-events
pub mod private_postgres;
