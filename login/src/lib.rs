//! tenfold-login

pub mod fleet;
