//! tenfold-events
