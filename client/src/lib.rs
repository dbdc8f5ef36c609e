//! tenfold-client
