//! tenfold-bench
fn main() {}
