//! tenfold-core
