//! tenfold-testcases
