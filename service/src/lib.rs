//! tenfold-service
