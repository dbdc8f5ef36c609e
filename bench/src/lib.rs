//! tenfold-bench
